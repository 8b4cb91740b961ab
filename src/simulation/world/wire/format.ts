import type { Answer } from '../call.ts';
import type { AwsRefusal } from '../world-error.ts';
import { elements, xmlText } from './xml.ts';

/** How a service writes its answers and its errors. */
export interface WireFormat {
  answer(operation: string, answer: Answer, requestId: string): Response;
  refusal(refusal: AwsRefusal, requestId: string): Response;
}

function plain(status: number, body: string | Uint8Array | null, headers: Record<string, string>): Response {
  // A copy that is certainly an ArrayBuffer, as Response wants it.
  const payload = body instanceof Uint8Array ? new Uint8Array(body) : body;
  return new Response(status === 204 ? null : payload, { status, headers });
}

/** Lambda: REST with JSON. */
export const REST_JSON: WireFormat = {
  answer(_operation, answer, requestId) {
    const headers = {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      ...answer.headers,
    };
    return plain(answer.status ?? 200, answer.raw ?? JSON.stringify(answer.body ?? {}), headers);
  },
  refusal(refusal, requestId) {
    const body = { ...refusal.members, [refusal.messageMember]: refusal.awsMessage };
    return plain(refusal.status, JSON.stringify(body), {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': refusal.awsCode,
      ...refusal.headers,
    });
  },
};

/** Logs, SQS, Secrets Manager, DynamoDB: one path, the operation in `X-Amz-Target`. */
export function targetJson(version: '1.0' | '1.1'): WireFormat {
  const type = `application/x-amz-json-${version}`;
  return {
    answer(_operation, answer, requestId) {
      return plain(answer.status ?? 200, JSON.stringify(answer.body ?? {}), {
        'content-type': type,
        'x-amzn-requestid': requestId,
      });
    },
    refusal(refusal, requestId) {
      const body = {
        __type: refusal.awsCode,
        [refusal.messageMember]: refusal.awsMessage,
        ...refusal.members,
      };
      return plain(refusal.status, JSON.stringify(body), {
        'content-type': type,
        'x-amzn-requestid': requestId,
        ...refusal.headers,
      });
    },
  };
}

/** IAM and STS: a form in, XML out. */
export function queryXml(namespace: string): WireFormat {
  return {
    answer(operation, answer, requestId) {
      const result =
        answer.body === undefined ? '' : `<${operation}Result>${elements(answer.body)}</${operation}Result>`;
      const meta = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const xml = `<${operation}Response xmlns="${namespace}">${result}${meta}</${operation}Response>`;
      return plain(answer.status ?? 200, xml, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
    },
    refusal(refusal, requestId) {
      const error = `<Error><Type>Sender</Type><Code>${xmlText(refusal.awsCode)}</Code><Message>${xmlText(refusal.awsMessage)}</Message></Error>`;
      const xml = `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
      return plain(refusal.status, xml, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
    },
  };
}

/** S3: REST with XML errors. */
export const REST_XML: WireFormat = {
  answer(_operation, answer, requestId) {
    return plain(answer.status ?? 200, answer.raw ?? '', {
      'x-amz-request-id': requestId,
      ...answer.headers,
    });
  },
  refusal(refusal, requestId) {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${xmlText(refusal.awsCode)}</Code><Message>${xmlText(refusal.awsMessage)}</Message><RequestId>${requestId}</RequestId></Error>`;
    return plain(refusal.status, xml, { 'content-type': 'application/xml', 'x-amz-request-id': requestId });
  },
};

/** EC2: a form in, XML out, with lists of `<item>` and no wrapper around the result. */
export const EC2_QUERY: WireFormat = {
  answer(operation, answer, requestId) {
    const result = elements(answer.body ?? {}, 'item');
    const xml = `<${operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>${requestId}</requestId>${result}</${operation}Response>`;
    return plain(answer.status ?? 200, xml, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
  },
  refusal(refusal, requestId) {
    const error = `<Error><Code>${xmlText(refusal.awsCode)}</Code><Message>${xmlText(refusal.awsMessage)}</Message></Error>`;
    const xml = `<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`;
    return plain(refusal.status, xml, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
  },
};
