import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The server's side of a WebSocket (RFC 6455), as far as Slack's Socket Mode uses it: whole text messages, pings and the
 * closing handshake. Node has a client only, and a library would be one more thing to install for what ships with tests.
 */
export interface WebSocketEnd {
  send(text: string): void;
  /** Begins the closing handshake. */
  close(code: number): void;
}

// RFC 6455, section 1.3.
const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;
/** Slack's messages stay well below; more is no acknowledgement. */
const MAX_BYTES = 1024 * 1024;

/** Takes an upgrade request; `on.text` is called for each message, `on.closed` once. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  on: { readonly text: (text: string) => void; readonly closed: () => void },
): WebSocketEnd {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}${HANDSHAKE}`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let buffered = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      const frame = readFrame(buffered);
      if (frame === 'incomplete') return;
      if (frame === 'refused') {
        socket.destroy();
        return;
      }
      buffered = buffered.subarray(frame.size);
      if (frame.opcode === OPCODE.text) on.text(frame.payload.toString('utf8'));
      if (frame.opcode === OPCODE.ping) socket.write(frameOf(OPCODE.pong, frame.payload));
      if (frame.opcode === OPCODE.close) socket.end(frameOf(OPCODE.close, frame.payload));
    }
  });
  socket.once('close', on.closed);
  // A socket that is cut says so by `close`.
  socket.on('error', () => socket.destroy());
  return {
    send: (text) => void socket.write(frameOf(OPCODE.text, Buffer.from(text))),
    close: (code) => {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      socket.write(frameOf(OPCODE.close, payload));
    },
  };
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Bytes of the whole frame. */
  readonly size: number;
}

/** A client's frame: whole (no fragments) and masked, section 5.2. */
function readFrame(bytes: Buffer): Frame | 'incomplete' | 'refused' {
  if (bytes.length < 2) return 'incomplete';
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const whole = (first & 0x80) !== 0;
  const masked = (second & 0x80) !== 0;
  if (!whole || !masked) return 'refused';
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskAt = 2 + extended;
  if (bytes.length < maskAt + 4) return 'incomplete';
  const length =
    extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > MAX_BYTES) return 'refused';
  const size = maskAt + 4 + length;
  if (bytes.length < size) return 'incomplete';
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(bytes.subarray(maskAt + 4, size));
  for (let index = 0; index < payload.length; index += 1) {
    payload.writeUInt8(payload.readUInt8(index) ^ mask.readUInt8(index % 4), index);
  }
  return { opcode: first & 0x0f, payload, size };
}

/** A server's frame: whole and unmasked. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(0x80 | opcode, 0);
  if (length < 126) head.writeUInt8(length, 1);
  else if (length < 65_536) {
    head.writeUInt8(126, 1);
    head.writeUInt16BE(length, 2);
  } else {
    head.writeUInt8(127, 1);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}
