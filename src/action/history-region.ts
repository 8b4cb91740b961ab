/** Services without Regions (IAM among them) write their management events into one history of the partition. */
const GLOBAL_REGIONS: Readonly<Record<string, string>> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

/** The Region whose event history has the calls of IAM; `undefined` in a partition that is not known. */
export function historyRegion(partition: string): string | undefined {
  return GLOBAL_REGIONS[partition];
}
