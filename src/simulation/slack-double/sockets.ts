import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Json, JsonObject } from '../../json.ts';
import { asObject } from './state.ts';
import { acceptWebSocket, type WebSocketEnd } from './websocket.ts';

/** Slack's side of Socket Mode: connections that an app opens, and what is sent over them. */
export interface Sockets {
  /** The path of a connection that may be made once, for `apps.connections.open`. */
  ticket(): string;
  /** Takes the request that upgrades to a WebSocket; one without a ticket is cut. */
  accept(request: IncomingMessage, socket: Duplex): void;
  /** Sends an envelope over the newest connection; resolves to what its acknowledgement carries, `''` when nothing. */
  deliver(type: 'slash_commands' | 'interactive' | 'events_api', payload: JsonObject): Promise<string>;
  /** Tells the app to connect again, as Slack does every few hours. */
  refresh(): void;
  /** Resolves once so many connections have been made in all. */
  connected(count: number): Promise<void>;
  /** Ends all connections without a word. */
  cut(): void;
}

export function createSockets(nextId: (prefix: string) => string): Sockets {
  const tickets = new Set<string>();
  const open: { readonly end: WebSocketEnd; readonly socket: Duplex }[] = [];
  const unanswered = new Map<string, (body: string) => void>();
  const awaited: { readonly count: number; readonly resolve: () => void }[] = [];
  let made = 0;

  const acknowledged = (text: string) => {
    const message: Json = JSON.parse(text);
    const { envelope_id: id, payload } = asObject(message) ?? {};
    if (typeof id !== 'string') return;
    unanswered.get(id)?.(payload === undefined ? '' : JSON.stringify(payload));
    unanswered.delete(id);
  };

  return {
    ticket: () => {
      const id = nextId('S');
      tickets.add(id);
      return `/socket/${id}`;
    },
    accept: (request, socket) => {
      const id = /^\/socket\/(\w+)$/.exec(request.url ?? '')?.[1] ?? '';
      if (!tickets.delete(id)) {
        socket.destroy();
        return;
      }
      const end = acceptWebSocket(request, socket, {
        text: acknowledged,
        closed: () => {
          const index = open.findIndex((one) => one.socket === socket);
          if (index >= 0) open.splice(index, 1);
        },
      });
      open.push({ end, socket });
      end.send(
        JSON.stringify({
          type: 'hello',
          num_connections: open.length,
          connection_info: { app_id: 'A0CORDON' },
        }),
      );
      made += 1;
      for (const { count, resolve } of awaited) if (made >= count) resolve();
    },
    deliver: (type, payload) =>
      new Promise((resolve, reject) => {
        const newest = open.at(-1);
        if (newest === undefined) {
          reject(new Error('expected the app to be connected by Socket Mode'));
          return;
        }
        const id = nextId('N');
        unanswered.set(id, resolve);
        newest.end.send(
          JSON.stringify({ envelope_id: id, type, accepts_response_payload: type !== 'events_api', payload }),
        );
      }),
    refresh: () => {
      for (const { end } of open) {
        end.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} }));
      }
    },
    connected: (count) =>
      new Promise((resolve) => {
        if (made >= count) resolve();
        else awaited.push({ count, resolve });
      }),
    cut: () => {
      for (const { socket } of [...open]) socket.destroy();
    },
  };
}
