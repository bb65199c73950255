// Loaded before every test that runs outside the lab: a connection to a cloud's metadata address fails here, in the process, before a
// packet leaves. A test that forgets its endpoint must not ask the service of the machine that it runs on.
import net from 'node:net';

const forbidden = ['169.254.169.254', '100.100.100.200', 'fd00:ec2::254'];
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  // Node hands itself the normalised form: [options, callback] in one array.
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const host = String((options as { host?: unknown } | undefined)?.host ?? args[1] ?? '');
  if (forbidden.includes(host.replace(/^\[|\]$/g, '')))
    throw new Error(
      `a test wanted to connect to the metadata address ${host}: give it an endpoint on loopback`,
    );
  return Reflect.apply(connect, this, args) as net.Socket;
} as typeof connect;
