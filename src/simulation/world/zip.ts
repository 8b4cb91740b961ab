import { crc32 } from 'node:zlib';

/** 1980-01-01, the first date that a zip can hold: the same files always give the same bytes and digest. */
const DOS_DATE = 0x21;
const UTF8_NAMES = 0x0800;
const VERSION = 20;

/**
 * Makes a zip archive of text files, uncompressed (method 0), with sorted names (APPNOTE 6.3, sections
 * 4.3.7, 4.3.12 and 4.3.16). Enough for what a code package of an exercise holds.
 */
export function makeZip(files: Readonly<Record<string, string>>): Uint8Array {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const path of Object.keys(files).sort()) {
    const name = Buffer.from(path);
    const data = Buffer.from(files[path] ?? '');
    // The fields that the local header and the directory share, from "version needed" to "extra length".
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(VERSION, 0);
    shared.writeUInt16LE(UTF8_NAMES, 2);
    shared.writeUInt16LE(DOS_DATE, 8);
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(name.length, 22);

    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(VERSION, 0);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), madeBy, shared, tail, name]));
    bodies.push(local);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(bodies.length, 4);
  end.writeUInt16LE(bodies.length, 6);
  end.writeUInt32LE(index.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, index, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
