import { alertToContained } from './alert-to-contained.ts';
import { evidenceThroughput } from './evidence-throughput.ts';
import type { Benchmark } from './figure.ts';
import { footprint } from './footprint.ts';
import { massContainment } from './mass-containment.ts';
import { recovery } from './recovery.ts';
import { throughput } from './throughput.ts';
import { timelineVerify } from './timeline-verify.ts';

export const benchmarks: readonly Benchmark[] = [
  alertToContained,
  throughput,
  recovery,
  footprint,
  massContainment,
  timelineVerify,
  evidenceThroughput,
];
