import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { PROJECT } from './run-program.ts';

const read = (path: string) => readFile(join(PROJECT, path), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly ports: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment: Readonly<Record<string, string | null>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

describe('docker-compose.yml', () => {
  let text = '';
  let services: Record<string, Service> = {};
  let volumes: Record<string, unknown> = {};

  beforeAll(async () => {
    text = await read('docker-compose.yml');
    ({ services, volumes } = parse(text, { merge: true }));
  });

  /** The services whose image is not ours; ours is judged by its Dockerfile, below. */
  const pulled = () => Object.values(services).filter(({ build }) => build === undefined);

  test('has the engine and its three servers', () => {
    expect(Object.keys(services).sort()).toEqual(['cordon', 'moto', 'postgres', 'redis']);
  });

  test('hardens every service', () => {
    for (const [name, service] of Object.entries(services)) {
      expect({ name, ...service }).toMatchObject({
        name,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service.privileged).toBeUndefined();
      expect(service.network_mode).toBeUndefined();
    }
  });

  test('opens ports to this machine only', () => {
    for (const { ports } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  test('pins every image to a version', () => {
    for (const { image } of pulled()) expect(image).toMatch(/:\d+\.\d+[.\w-]*$/);
  });

  test('runs no service as root', () => {
    for (const { user } of pulled()) expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('contains no default for a secret of a server', () => {
    const interpolations = [...text.matchAll(/(?<!\$)\$\{(\w*(?:PASSWORD|SECRET)\w*)([^}]*)\}/g)].filter(
      ([, name]) => !name?.startsWith('SLACK_'),
    );
    expect(interpolations.length).toBeGreaterThanOrEqual(5);
    for (const [, , operator] of interpolations) expect(operator).toMatch(/^:\?/);
    expect(services.postgres?.environment.POSTGRES_PASSWORD).toMatch(/^\$\{/);
    expect(services.cordon?.environment.DATABASE_URL).toMatch(/:\/\/cordon:\$\{\w+:\?\}@/);
  });

  test('checks the health of each server, and the engine waits for it', () => {
    for (const name of ['postgres', 'redis', 'moto']) {
      expect(services[name]?.healthcheck?.test.length).toBeGreaterThan(1);
      expect(services.cordon?.depends_on?.[name]).toEqual({ condition: 'service_healthy' });
    }
  });

  test('keeps what must survive a restart in named volumes', () => {
    expect(Object.keys(volumes).sort()).toEqual(['cordon', 'postgres', 'redis']);
    for (const name of Object.keys(volumes)) expect(services[name]?.volumes?.[0]).toMatch(`${name}:/`);
  });

  test('sends AWS calls to moto and nowhere else', () => {
    expect(services.cordon?.environment.AWS_ENDPOINT_URL).toBe('http://moto:5000');
  });

  test('sets no variable that the engine would not read, and no empty one', async () => {
    const known = await read('src/config.ts');
    const environment = services.cordon?.environment ?? {};
    const own = Object.keys(environment).filter((name) => !name.startsWith('AWS_'));
    expect(own.filter((name) => !known.includes(name))).toEqual([]);
    expect(Object.values(environment)).not.toContain('');
  });

  test('runs the same moto as the server suites', async () => {
    const [, version] = /^moto\[server\]==(\S+)$/m.exec(await read('.ci/moto-requirements.txt')) ?? [];
    expect(services.moto?.image).toBe(`motoserver/moto:${version}`);
  });
});

describe('Dockerfile', () => {
  let text = '';
  beforeAll(async () => {
    text = await read('Dockerfile');
  });

  test('pins its base to a version of Node 20', () => {
    expect(text).toMatch(/^ARG NODE=node:20\.\d+\.\d+-bookworm-slim$/m);
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases).toEqual(Array(2).fill(`$\{NODE}`));
  });

  test('runs as a user that is not root, after the last copy', () => {
    const lines = text.split('\n');
    const user = lines.findIndex((line) => line.startsWith('USER '));
    expect(lines[user]).toBe('USER node');
    expect(lines.slice(user + 1).filter((line) => /^(COPY|ADD|RUN|USER)\b/.test(line))).toEqual([]);
  });

  test('drains on SIGTERM and says whether it is healthy', () => {
    expect(text).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(text).toMatch(/^HEALTHCHECK .*\\\n\s+CMD \["node"/m);
  });

  test('runs no script of a package and ships no development package', () => {
    for (const [line] of text.matchAll(/npm (ci|prune).*/g)) expect(line).toContain('--ignore-scripts');
    expect(text).toContain('npm prune --omit=dev');
  });

  test('can copy only what .dockerignore lets through', async () => {
    const ignore = (await read('.dockerignore'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignore[0]).toBe('*');
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    for (const file of copied) expect(ignore).toContain(`!${file}`);
  });
});
