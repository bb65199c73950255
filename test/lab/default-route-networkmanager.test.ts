// The option default-route with the real NetworkManager, without a connectivity check and with one that fails: then it adds 20000 to the
// metric of every default route, also to that of the ENI.
// needs: tree trixie
// with --all only: the default run tells the same on netplan
import { describe } from 'vitest';
import { tellDefaultRoute } from './default-route.ts';

// A reapply takes all IPv6 of the link away and brings it back, whatever has changed (1.42, 1.52), and the route with it.
const machine = { suite: 'trixie', image: 'networkmanager-keyfile', seamless: [4] } as const;

describe('no connectivity check', () => {
  tellDefaultRoute({ ...machine, name: 'defroutenm' });
});

describe('a connectivity check that fails', () => {
  tellDefaultRoute({
    ...machine,
    name: 'defroutenmc',
    files: {
      'etc/NetworkManager/conf.d/50-check.conf':
        '[connectivity]\nenabled=true\nuri=http://203.0.113.9:9/check\ninterval=20\ntimeout=3\n',
    },
    penalty: 20_000,
  });
});
