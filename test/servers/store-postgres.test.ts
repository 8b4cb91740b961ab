import { describeStore } from '../support/conformance/store.ts';
import { openFreshServer } from '../support/servers.ts';

describeStore('a PostgreSQL server', openFreshServer);
