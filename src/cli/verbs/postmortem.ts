import { Option } from 'commander';
import { ACTS } from '../../command/acts.ts';
import { systemWord } from '../../error.ts';
import type { IncidentId } from '../../id.ts';
import type { Api, Context, Register } from '../context.ts';
import { withCustody } from '../custody.ts';
import type { ExitCode } from '../error.ts';
import { CliError, EXIT } from '../error.ts';
import { readText } from '../file.ts';
import { findIncident, type Incident, nameOf, REFERENCE } from '../incident.ts';
import { safeJson, shown } from '../output.ts';
import { addVerb } from './act-verb.ts';
import { postmortemReplay } from './postmortem-replay.ts';

interface RenderOptions {
  readonly format: 'md' | 'html';
  readonly out?: string;
  readonly from?: string;
}

const FILE = 'the postmortem, in Markdown';

export const postmortem: Register = (program, run) => {
  const group = program
    .command('postmortem')
    .summary('write, check and export a postmortem')
    .description(
      'Writes the postmortem of an incident from its timeline and evidence. What people wrote between the markers of an earlier one stays.',
    )
    .argument('<incident>', REFERENCE)
    .addOption(
      new Option('-f, --format <format>', 'Markdown, to write in, or one page of HTML, to read')
        .choices(['md', 'html'])
        .default('md'),
    )
    .option('-o, --out <file>', 'write it there; else to standard output')
    .option(
      '--from <file>',
      'the one that people wrote in, in Markdown; by default the file itself, or the draft',
    )
    .action(
      run(async (context, reference: string, options: RenderOptions) =>
        context.withApi(async (api) => write(context, api, await findIncident(api, reference), options)),
      ),
    );
  for (const act of ACTS) {
    const [word, detail] = act.words;
    if (word === 'postmortem' && detail !== undefined) addVerb(group, act, detail, run);
  }
  group
    .command('save')
    .summary('save what people wrote in a file')
    .description(
      'Saves every section that people changed in the file, each in your name. A section that somebody else saved meanwhile is refused, by name: render the file again, make one text of both, save that. Exit code 1 when one was refused.',
    )
    .argument('<incident>', REFERENCE)
    .argument('<file>', FILE)
    .action(
      run(async (context, reference: string, file: string) =>
        context.withApi(async (api) => save(context, api, await findIncident(api, reference), file)),
      ),
    );
  postmortemReplay(group, run);
  group
    .command('lint')
    .summary('say what keeps a postmortem from being reviewed')
    .description(
      'Checks a postmortem: sections unwritten, actions without owner, due day or proof, rows without a source, words that blame. Exit code 1 when something must be mended.',
    )
    .argument('<file>', FILE)
    .action(run(lint));
  group
    .command('actions')
    .summary('export the action items')
    .description('Prints the action items of a postmortem, for a tracker.')
    .argument('<file>', FILE)
    .addOption(
      new Option('-f, --format <format>', 'a table for people, Markdown tasks, CSV, JSON')
        .choices(['table', 'md', 'csv', 'json'])
        .default('table'),
    )
    .option('-w, --webhook <url>', 'post them as signed JSON instead; CORDON_PAGE_WEBHOOK_SECRET signs')
    .action(run(actions));
};

async function write(
  context: Context,
  api: Api,
  incident: Incident,
  options: RenderOptions,
): Promise<ExitCode> {
  const { out } = context;
  const { earlierMetrics, postmortemPath, readIfThere, renderPostmortem, writePostmortem } = await import(
    '../../main/postmortem.ts'
  );
  const { verifyEvidence } = await import('../../main/evidence.ts');
  const { readCaseFindings } = await import('../../main/case-findings.ts');
  const { dataDir, enrolmentFile } = await context.config();
  const { loadEnrolment } = await import('../../definitions.ts');
  const privilege = (await loadEnrolment(enrolmentFile)).postmortem.privilege ?? null;
  const entriesOf = async (id: string) => (await api.timeline(id, 0))?.entries ?? [];
  const entries = await entriesOf(incident.id);
  const { evidence, findings } = await withCustody(context, incident, async (custody) => {
    const report = await verifyEvidence({ custody, incident: incident.id, entries });
    const { disk, folder } = custody;
    return { evidence: report, findings: await readCaseFindings({ disk, folder, incident: incident.id }) };
  });
  const earlier = await earlierMetrics(incident, await api.incidents({ all: true }), entriesOf);
  const own =
    options.format === 'md' && options.out !== undefined ? await readIfThere(options.out) : undefined;
  const written =
    options.from === undefined
      ? (own ?? (await readIfThere(postmortemPath(dataDir, incident.id))))
      : await readText(options.from);
  const markdown = renderPostmortem({ incident, privilege, entries, evidence, findings, earlier }, written);
  const text =
    options.format === 'md'
      ? markdown
      : await page(markdown, entries, { earlier, privilege, exercise: incident.exercise });
  if (options.out === undefined) {
    out.result({ incident: nameOf(incident), format: options.format, text }, () =>
      context.io.stdout.write(text),
    );
    return EXIT.ok;
  }
  const file = options.out;
  try {
    const sha256 = await writePostmortem(file, text);
    out.result({ incident: nameOf(incident), format: options.format, file, sha256 }, () =>
      out.line(`Wrote the postmortem of ${nameOf(incident)} to ${shown(file)}`),
    );
  } catch (cause) {
    throw new CliError(
      'cordon_cli_file_unwritable',
      `expected to write to ${shown(file)}; it cannot be written${systemWord(cause)}`,
      { cause },
    );
  }
  return EXIT.ok;
}

async function save(context: Context, api: Api, incident: Incident, file: string): Promise<ExitCode> {
  const { out, ids } = context;
  const { unsavedSections } = await import('../../postmortem/merge.ts');
  const { savedSections } = await import('../../postmortem/sections.ts');
  const { cliIdentity } = await context.config();
  const text = await readText(file);
  const entries = (await api.timeline(incident.id, 0))?.entries ?? [];
  const results: ({ section: string } & Awaited<ReturnType<Api['execute']>>)[] = [];
  for (const section of unsavedSections(text, savedSections(entries))) {
    const result = await api.execute({
      command: 'postmortem-write',
      incident: incident.id as IncidentId, // the view's own
      identity: { kind: 'cli', name: cliIdentity },
      input: { section: section.name, text: section.text, base: section.base },
      idempotencyKey: `cli:${ids.next<string>('inv')}`,
    });
    results.push({ section: section.name, ...result });
  }
  out.result({ incident: nameOf(incident), sections: results }, () => {
    if (results.length === 0) out.line('Nothing in the file is new.');
    for (const result of results) {
      if (result.kind === 'done') out.line(shown(result.summary, 300));
      else
        out.line(
          `${out.paint.red('refused')}  ${result.section}: ${result.code}: ${shown(result.message, 500)}`,
        );
    }
  });
  return results.every((result) => result.kind === 'done') ? EXIT.ok : EXIT.no;
}

async function page(
  markdown: string,
  entries: Parameters<typeof import('../../postmortem/facts.ts').gatherFacts>[0],
  about: Parameters<typeof import('../../postmortem/html.ts').postmortemPage>[2],
) {
  const { gatherFacts } = await import('../../postmortem/facts.ts');
  const { postmortemPage } = await import('../../postmortem/html.ts');
  return postmortemPage(markdown, gatherFacts(entries), about);
}

async function lint(context: Context, file: string): Promise<ExitCode> {
  const { out } = context;
  const { lintPostmortem } = await import('../../postmortem/lint.ts');
  const findings = lintPostmortem(await readText(file), context.clock.now().toISOString());
  const errors = findings.filter((finding) => finding.level === 'error').length;
  out.result({ file, errors, findings }, () => {
    for (const { line, level, rule, message } of findings) {
      const word = level === 'error' ? out.paint.red(level) : out.paint.yellow(level);
      out.line(`${shown(file)}:${line}: ${word} ${rule}: ${shown(message, 500)}`);
    }
    out.line(errors === 0 ? 'Ready to be reviewed.' : `${errors} to mend before it can be reviewed.`);
  });
  return errors === 0 ? EXIT.ok : EXIT.no;
}

interface ActionsOptions {
  readonly format: 'table' | 'md' | 'csv' | 'json';
  readonly webhook?: string;
}

async function actions(context: Context, file: string, options: ActionsOptions): Promise<ExitCode> {
  const { out } = context;
  const { actionItemsOf, actionItemsAsCsv, actionItemsAsTasks } = await import(
    '../../postmortem/action-items.ts'
  );
  const items = actionItemsOf(await readText(file));
  if (options.webhook !== undefined) return send(context, options.webhook, items);
  out.result(items, () => {
    if (options.format === 'json') return void context.io.stdout.write(`${safeJson(items)}\n`);
    if (options.format === 'csv') return void context.io.stdout.write(actionItemsAsCsv(items));
    if (options.format === 'md') return void context.io.stdout.write(actionItemsAsTasks(items));
    out.table(
      ['action', 'type', 'owner', 'due', 'priority', 'verified by'],
      items.map((item) =>
        [item.action, item.type, item.owner, item.due, item.priority, item.verifiedBy].map((cell) =>
          shown(cell, 60),
        ),
      ),
    );
  });
  return EXIT.ok;
}

async function send(context: Context, url: string, items: unknown): Promise<ExitCode> {
  const { out, clock, ids } = context;
  const { webhookSecret } = (await context.config()).paging;
  if (webhookSecret === undefined) {
    throw new CliError(
      'cordon_cli_usage',
      'expected CORDON_PAGE_WEBHOOK_SECRET to be set: what is posted is signed as docs/alerts.md describes',
    );
  }
  const { postSigned } = await import('../../main/post-signed.ts');
  const sent = await postSigned({
    url,
    secret: webhookSecret,
    body: { cordonActions: 1, items },
    clock,
    nonce: ids.next<string>('out'),
  });
  out.result(sent, () => out.line(sent.kind === 'sent' ? 'Sent.' : `Not sent: ${shown(sent.message, 300)}`));
  return sent.kind === 'sent' ? EXIT.ok : EXIT.unreachable;
}
