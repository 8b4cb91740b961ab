import { describeEvidenceStore } from '../support/conformance/evidence-store.ts';
import { bucketPlace, openBucket, worldClient } from '../support/evidence-bucket.ts';

describeEvidenceStore('a bucket of the simulated account', () => bucketPlace(openBucket(worldClient())));

describeEvidenceStore('a bucket of the simulated account under GOVERNANCE', () =>
  bucketPlace(openBucket(worldClient(), { lock: 'GOVERNANCE' })),
);
