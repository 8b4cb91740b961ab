import type { IncidentId } from '../../id.ts';
import type { Context, Register } from '../context.ts';
import { withCustody } from '../custody.ts';
import { CliError, EXIT, type ExitCode } from '../error.ts';
import { readText } from '../file.ts';
import { findIncident, nameOf, notFound, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';
import { addRetentionVerbs } from './evidence-retention.ts';

export const evidence: Register = (program, run) => {
  const group = program
    .command('evidence')
    .summary('list, show, verify, export, hold or purge evidence')
    .description(
      'Lists, shows, verifies or exports the evidence of an incident, and says how long it is kept.',
    );
  group
    .command('list')
    .summary('list what was collected, and what could not be')
    .description('Lists what was collected, and what could not be, with the reason.')
    .argument('<incident>', REFERENCE)
    .action(
      run(async (context, reference: string) => {
        const { out } = context;
        const { contents } = await reportOn(context, reference, undefined);
        out.result(contents, () => {
          if (contents.length === 0) out.line('Nothing was collected.');
          for (const line of contents) {
            out.line(
              line.kind === 'item'
                ? `${shown(line.name, 100)}  ${line.size} bytes  sha256 ${line.sha256}${line.secret ? '  encrypted' : ''}${line.matchesExpected ? '' : out.paint.red('  not the expected digest')}`
                : `${shown(line.name, 100)}  ${out.paint.yellow('missing')}: ${shown(line.reason)}`,
            );
          }
        });
        return EXIT.ok;
      }),
    );
  group
    .command('show')
    .summary('show the custody of one item, or copy it out')
    .description(
      'Shows where an item came from: every custody field that was recorded with it. With --out its stored bytes are ' +
        'copied to a new file, which is recorded in the timeline. Nothing is ever rendered or executed.',
    )
    .argument('<incident>', REFERENCE)
    .argument(
      '<item>',
      'name of the item, as "cordon evidence list" prints it, or the SHA-256 of its content',
    )
    .option('--out <file>', 'copy the stored bytes to this new file; a secret item stays encrypted')
    .action(
      run((context, reference: string, item: string, options: { readonly out?: string }) =>
        showItem(context, reference, item, options.out),
      ),
    );
  group
    .command('verify')
    .summary('check every byte against its seal')
    .description(
      'Checks every byte of an incident’s evidence: digests, seals, signatures, and that nothing else lies there.',
    )
    .argument('<incident>', REFERENCE)
    .option('--key <file>', 'public key to trust, PEM; without it the folder’s own is used and named')
    .action(
      run(async (context, reference: string, options: { readonly key?: string }) => {
        const { out } = context;
        const key = options.key === undefined ? undefined : await readText(options.key);
        const report = await reportOn(context, reference, key);
        out.result(report, () => {
          const verdict = report.verified ? out.paint.green('verified') : out.paint.red('not verified');
          out.line(
            `${report.incident}: ${verdict}; ${report.items} items, ${report.missing} missing, ${report.seals} seals, ${report.bytes} bytes`,
          );
          for (const name of report.purged)
            out.line(`  purged by retention, tombstone sealed: ${shown(name, 100)}`);
          for (const { seal, at, trusted } of report.timestamps) {
            if (at !== null) {
              out.line(
                `  seal ${seal} time-stamped ${at}${trusted ? '' : ' (not checked against an authority: CORDON_TSA_CERTIFICATES)'}`,
              );
            }
          }
          for (const problem of report.problems) out.line(`  ${shown(problem, 500)}`);
          if (options.key === undefined) {
            out.line(
              `  signed by ${report.keyIds.join(', ') || 'nobody'}: compare it with the key that was published`,
            );
          }
        });
        return report.verified ? EXIT.ok : EXIT.no;
      }),
    );
  group
    .command('export')
    .summary('write one archive that anybody can verify offline')
    .description(
      'Writes one archive with the sealed evidence, the timeline, a report for people, the public key and two verifiers ' +
        'with their instructions. The export is recorded in the timeline.',
    )
    .argument('<incident>', REFERENCE)
    .requiredOption('--out <file>', 'archive to write: .tar, or .tar.gz to have it compressed')
    .action(
      run((context, reference: string, options: { readonly out: string }) =>
        exportArchive(context, reference, options.out),
      ),
    );
  addRetentionVerbs(group, run);
};

async function reportOn(context: Context, reference: string, publicKeyPem: string | undefined) {
  const { incident, extract } = await context.withApi(async (api) => {
    const found = await findIncident(api, reference);
    return { incident: found, extract: await api.timeline(found.id, 0) };
  });
  const { verifyEvidence } = await import('../../main/evidence.ts');
  return withCustody(context, incident, (custody) =>
    verifyEvidence({
      custody,
      incident: incident.id,
      entries: extract?.entries ?? [],
      ...(publicKeyPem === undefined ? {} : { publicKeyPem }),
    }),
  );
}

async function showItem(
  context: Context,
  reference: string,
  wanted: string,
  file: string | undefined,
): Promise<ExitCode> {
  const { out } = context;
  const { cliIdentity } = await context.config();
  const { copyObject, findItem } = await import('../../main/evidence.ts');
  return context.withApi(async (api) => {
    const incident = await findIncident(api, reference);
    const { id } = incident;
    const found = await withCustody(context, incident, (custody) =>
      findItem({ custody, incident: id, wanted }),
    );
    if (found === undefined) {
      throw new CliError(
        'cordon_cli_no_evidence_item',
        `there is no item ${shown(wanted, 100)}; "cordon evidence list ${shown(reference, 60)}" shows those there are`,
      );
    }
    const { record, recordSha256 } = found;
    if (file !== undefined) {
      // Recorded first: a copy that cannot be recorded is not made.
      await api.recordAccess({
        incident: id as IncidentId, // the view's own id
        by: cliIdentity,
        how: 'copy',
        item: record.item.name,
      });
      await withCustody(context, incident, (custody) =>
        copyObject({ custody, sha256: record.item.sha256, file }),
      );
    }
    out.result({ ...record, recordSha256, copiedTo: file ?? null }, () => {
      out.table(
        ['field', 'value'],
        [
          ...Object.entries(record.item),
          ...Object.entries(record.custody),
          ['recorded', record.at] as const,
          ['record', recordSha256] as const,
        ].map(([name, value]) => [
          name,
          shown(typeof value === 'object' ? JSON.stringify(value) : String(value), 300),
        ]),
      );
      if (file !== undefined) out.line(`${record.item.objectSize} bytes copied to ${shown(file)}`);
    });
    return EXIT.ok;
  });
}

async function exportArchive(context: Context, reference: string, file: string): Promise<ExitCode> {
  const { out } = context;
  const { cliIdentity } = await context.config();
  const { exportEvidence } = await import('../../main/evidence.ts');
  return context.withApi(async (api) => {
    const incident = await findIncident(api, reference);
    const extract = await api.timeline(incident.id, 0);
    if (extract === undefined) throw notFound(reference);
    // Recorded first: an export that cannot be recorded is not made.
    await api.recordAccess({
      incident: incident.id as IncidentId, // the view's own id
      by: cliIdentity,
      how: 'export',
      item: null,
    });
    // Accesses after the last act are left out, so that a second export of the same case is the same bytes.
    const length = 1 + extract.entries.findLastIndex(({ body }) => body?.kind !== 'evidence.accessed');
    const subject = {
      incident: { ...incident, name: nameOf(incident) },
      entries: extract.entries.slice(0, length),
    };
    const exported = await withCustody(context, incident, (custody) =>
      exportEvidence({ custody, subject, file }),
    );
    out.result({ file, ...exported }, () => {
      out.line(`${shown(file)}: ${exported.files} files, ${exported.items} items, ${exported.bytes} bytes`);
      out.line(`  signed by ${exported.keyId}`);
      out.line('  extract it anywhere and follow README.txt: neither verifier needs Cordon or a network');
    });
    return EXIT.ok;
  });
}
