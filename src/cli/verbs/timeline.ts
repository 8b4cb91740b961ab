import { writeFile } from 'node:fs/promises';
import { systemWord } from '../../error.ts';
import { renderEntry } from '../../timeline/render.ts';
import type { Api, Context, Register } from '../context.ts';
import { CliError, EXIT, type ExitCode } from '../error.ts';
import { readText } from '../file.ts';
import { nameOf, notFound, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

const WHICH = `${REFERENCE}; or "system" for what belongs to no incident`;
const FORMATS = ['json', 'md', 'html'] as const;
type Format = (typeof FORMATS)[number];

export const timeline: Register = (program, run) => {
  const group = program
    .command('timeline')
    .summary('show, verify or export a timeline')
    .description('Shows, verifies or exports the append-only record of an incident.');

  group
    .command('show')
    .summary('print every entry')
    .description('Prints every entry, oldest first.')
    .argument('<incident>', WHICH)
    .action(
      run(async (context, reference: string) => {
        const { out } = context;
        return context.withApi(async (api) => {
          const extract = await chainOf(api, reference);
          out.result(extract, () => {
            for (const entry of extract.entries) out.line(renderEntry(entry));
          });
          return EXIT.ok;
        });
      }),
    );

  group
    .command('verify')
    .summary('prove that nothing was altered')
    .description(
      'Recomputes the whole hash chain. Exit code 1 names the first entry that is not as it was. With --all, every ' +
        'timeline, and all of them against the signed checkpoints outside the database: an incident that is gone is found.',
    )
    .argument('[incident]', WHICH)
    .option('--all', 'every timeline, and that none is gone')
    .option('--key <file>', 'with --all, the public key to trust, PEM; without it that of the data folder')
    .action(
      run(async (context, reference: string | undefined, options: VerifyOptions) => {
        const { out } = context;
        if (options.all === true && reference === undefined) return verifyAll(context, options.key);
        if (options.all === true || reference === undefined) {
          throw new CliError('cordon_cli_usage', 'expected an incident, or --all for every one');
        }
        return context.withApi(async (api) => {
          const { describeVerdict, verifyChain } = await import('../../timeline/verify.ts');
          const { chain, entries, head } = await chainOf(api, reference);
          const verdict = verifyChain(chain, entries, head);
          out.result({ chain, ...verdict }, () => {
            const text = shown(describeVerdict(chain, verdict), 1000);
            out.line(verdict.kind === 'intact' ? text : out.paint.red(text));
          });
          return verdict.kind === 'intact' ? EXIT.ok : EXIT.no;
        });
      }),
    );

  group
    .command('export')
    .summary('write a timeline as JSON, Markdown or HTML')
    .description(
      'Writes a timeline to a file, or to standard output without --out. JSON has every entry with its hashes; ' +
        'Markdown and HTML are for people, and HTML needs no network and runs no script.',
    )
    .argument('<incident>', WHICH)
    .option('--format <format>', 'json, md or html; by default as the name of the file ends, else json')
    .option('--out <file>', 'file to write; it must not be there yet')
    .action(
      run((context, reference: string, options: { readonly format?: string; readonly out?: string }) =>
        exportTimeline(context, reference, options),
      ),
    );
};

interface VerifyOptions {
  readonly all?: boolean;
  readonly key?: string;
}

async function verifyAll(context: Context, keyFile: string | undefined): Promise<ExitCode> {
  const { out } = context;
  const { dataDir } = await context.config();
  const publicKeyPem = keyFile === undefined ? undefined : await readText(keyFile);
  const { verifyAllTimelines } = await import('../../main/timelines.ts');
  const report = await context.withApi(async (api) => {
    const checkpoints = await api.checkpoints();
    async function* extracts() {
      for (const chain of checkpoints.chains) {
        const extract = await api.timeline(chain, 0);
        if (extract !== undefined) yield extract;
      }
    }
    return verifyAllTimelines({
      dataDir,
      checkpoints,
      extracts: extracts(),
      ...(publicKeyPem === undefined ? {} : { publicKeyPem }),
    });
  });
  out.result(report, () => {
    const verdict = report.verified ? out.paint.green('verified') : out.paint.red('not verified');
    out.line(
      `${verdict}; ${report.chains} timelines, ${report.entries} entries, ${report.signed} of ${report.records} checkpoint records signed`,
    );
    for (const { kind, subject, expected, found } of report.findings) {
      out.line(shown(`  ${kind}: ${subject}: expected ${expected}, found ${found}`, 800));
    }
  });
  return report.verified ? EXIT.ok : EXIT.no;
}

async function exportTimeline(
  context: Context,
  reference: string,
  options: { readonly format?: string; readonly out?: string },
): Promise<ExitCode> {
  const { out, io } = context;
  const format = formatOf(options);
  const text = await context.withApi(async (api) => {
    const extract = await chainOf(api, reference);
    if (format === 'json') return `${JSON.stringify(extract, null, 2)}\n`;
    const incident = await api.incident(reference);
    const subject = {
      ...extract,
      name: incident === undefined ? extract.chain : nameOf(incident),
      title: incident?.title ?? 'What belongs to no incident',
    };
    if (format === 'html') return (await import('../../timeline/page.ts')).timelinePage(subject);
    return (await import('../../postmortem/timeline-markdown.ts')).timelineMarkdown(subject);
  });
  const file = options.out;
  if (file === undefined) {
    io.stdout.write(text);
    return EXIT.ok;
  }
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new CliError(
      'cordon_cli_file_unwritable',
      `expected --out to be a new file in a folder that can be written to; it could not be made${systemWord(cause)}`,
      { cause },
    );
  }
  const bytes = Buffer.byteLength(text);
  out.result({ file, format, bytes }, () => out.line(`${bytes} bytes written to ${shown(file)}`));
  return EXIT.ok;
}

function formatOf(options: { readonly format?: string; readonly out?: string }): Format {
  const ending = options.out?.slice(options.out.lastIndexOf('.') + 1);
  const asked = options.format ?? FORMATS.find((format) => format === ending) ?? 'json';
  const format = FORMATS.find((each) => each === asked);
  if (format !== undefined) return format;
  throw new CliError('cordon_cli_usage', `expected --format json, md or html; found ${shown(asked, 40)}`);
}

async function chainOf(api: Api, reference: string) {
  const extract = await api.timeline(reference, 0);
  if (extract === undefined) throw notFound(reference);
  return extract;
}
