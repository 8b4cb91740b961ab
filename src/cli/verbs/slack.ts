import type { Register } from '../context.ts';
import { CliError, EXIT } from '../error.ts';
import { safeJson } from '../output.ts';

export const slack: Register = (program, run) => {
  program
    .command('slack')
    .summary('print the Slack app’s manifest')
    .description('What Slack has to know about the app.')
    .command('manifest')
    .summary('print the app manifest')
    .description('Prints the app manifest as JSON, made from what the app listens to; paste it into Slack.')
    .option('-u, --request-url <url>', 'where Slack reaches the app over HTTP; Socket Mode without it')
    .action(
      run(async ({ out }, options: { readonly requestUrl?: string }) => {
        const { requestUrl } = options;
        if (requestUrl !== undefined && !/^https:\/\//.test(requestUrl)) {
          throw new CliError('cordon_cli_usage', 'expected --request-url to begin with https://');
        }
        const { manifestFor } = await import('../../main/slack-manifest.ts');
        const manifest = manifestFor(requestUrl);
        // JSON either way: a manifest is for Slack, and people may read it.
        out.result(manifest, () => out.line(JSON.stringify(JSON.parse(safeJson(manifest)), null, 2)));
        return EXIT.ok;
      }),
    );
};
