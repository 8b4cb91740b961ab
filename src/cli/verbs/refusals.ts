import { writeFile } from 'node:fs/promises';
import { renderInstant } from '../../timeline/render.ts';
import type { Context, Register } from '../context.ts';
import type { ExitCode } from '../error.ts';
import { CliError, EXIT } from '../error.ts';
import { wholeNumber } from '../number.ts';
import { shown } from '../output.ts';

export const refusals: Register = (program, run) => {
  program
    .command('refusals')
    .summary('list alerts that were turned away, and why')
    .description('Lists alerts that were turned away, newest first; a kept one can be written to a file.')
    .option('-n, --limit <number>', 'how many', wholeNumber('--limit', 1, 10_000), 50)
    .option('-c, --content <sha256>', 'write the kept bytes of one to the file of --output')
    .option('-o, --output <file>', 'a new file for the bytes')
    .action(
      run(
        async (
          context,
          options: { readonly limit: number; readonly content?: string; readonly output?: string },
        ) => {
          const { content, output } = options;
          if ((content === undefined) !== (output === undefined)) {
            throw new CliError('cordon_cli_usage', 'expected --content and --output together');
          }
          return content === undefined || output === undefined
            ? showList(context, options.limit)
            : writeContent(context, content, output);
        },
      ),
    );
};

async function showList(context: Context, limit: number): Promise<ExitCode> {
  const { out } = context;
  return context.withApi(async (api) => {
    const refused = await api.refusals(limit);
    out.result(refused, () => {
      if (refused.length === 0) {
        out.line('No alert was turned away.');
        return;
      }
      for (const each of refused) {
        const size = each.size === null ? '' : `, ${each.size} bytes`;
        out.line(
          `${renderInstant(each.at)}  ${out.paint.bold(each.code)}  ${shown(`${each.via}:${each.source}`, 80)}${size}`,
        );
        out.line(`  ${shown(each.message, 500)}`);
        if (each.unrecorded > 0) out.line(`  ${each.unrecorded} more before it were only counted`);
        if (each.kept)
          out.line(`  kept: cordon refusals --content ${each.bytesSha256 ?? ''} --output alert.json`);
      }
    });
    return EXIT.ok;
  });
}

async function writeContent(context: Context, sha256: string, file: string): Promise<ExitCode> {
  return context.withApi(async (api) => {
    const bytes = await api.refusedContent(sha256);
    if (bytes === undefined) {
      throw new CliError('cordon_cli_not_kept', 'nothing is kept under that digest; only queue messages are');
    }
    try {
      // Never over a file that is there, and for its owner only: an attacker chose these bytes.
      await writeFile(file, bytes, { flag: 'wx', mode: 0o600 });
    } catch (cause) {
      throw new CliError(
        'cordon_cli_file_unwritable',
        'expected --output to be a new file in a folder that can be written to; it could not be made',
        { cause },
      );
    }
    context.out.result({ file, sha256, size: bytes.byteLength }, () =>
      context.out.line(
        `${bytes.byteLength} bytes written; submit them again with: cordon alert submit ${file}`,
      ),
    );
    return EXIT.ok;
  });
}
