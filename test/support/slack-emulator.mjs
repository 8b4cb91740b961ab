// Serves the Slack emulator of npm's `emulate` on a free port, and says where in one line. A process of its own: it is
// somebody else's program, and brings a dozen other services and a store that lives in globals.
import { createEmulator } from 'emulate';

const [token] = process.argv.slice(2);
const emulator = await createEmulator({
  service: 'slack',
  port: 0,
  seed: {
    slack: {
      users: [{ name: 'cordon' }, { name: 'alice' }],
      tokens: [{ token, user: 'cordon', bot_id: 'B000000001' }],
    },
  },
});
process.stdout.write(`${emulator.url}\n`);

// The test holds the other end: when it is gone, however it ended, so is this process.
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
