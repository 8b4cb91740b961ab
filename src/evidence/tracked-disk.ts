import type { Activity } from '../activity.ts';
import type { Disk } from './disk.ts';

/** A disk whose operations are counted while they are under way. */
export function trackedDisk(disk: Disk, activity: Activity): Disk {
  return {
    ...(disk.remote === undefined ? {} : { remote: disk.remote }),
    makeFolder: (path) => activity.track(disk.makeFolder(path)),
    async create(path, mode) {
      const sink = await activity.track(disk.create(path, mode));
      return {
        write: (chunk) => activity.track(sink.write(chunk)),
        finish: () => activity.track(sink.finish()),
        abandon: () => activity.track(sink.abandon()),
      };
    },
    publish: (from, to) => activity.track(disk.publish(from, to)),
    remove: (path) => activity.track(disk.remove(path)),
    read: (path) => activity.track(disk.read(path)),
    list: (path) => activity.track(disk.list(path)),
    kindOf: (path) => activity.track(disk.kindOf(path)),
    async *chunks(path) {
      const source = disk.chunks(path)[Symbol.asyncIterator]();
      for (;;) {
        const next = await activity.track(Promise.resolve(source.next()));
        if (next.done === true) return;
        yield next.value;
      }
    },
  };
}
