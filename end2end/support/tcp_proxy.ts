// A TCP proxy in front of the server. Its connections can be cut, as by a lost network. In front of several instances
// it is a round-robin load balancer that skips instances that do not answer.

import { type AddressInfo, connect, createServer, type Server as TcpServer, type Socket } from 'node:net';
import { once } from 'node:events';

export class TcpProxy {
  private readonly open = new Set<Socket>();
  private connected = true;
  private connections = 0;

  private constructor(private readonly listener: TcpServer) {}

  /** Starts a proxy in front of these ports of the loopback address. */
  static async to(...ports: readonly number[]): Promise<TcpProxy> {
    const listener = createServer();
    const proxy = new TcpProxy(listener);
    listener.on('connection', (client) => {
      if (!proxy.connected) {
        client.destroy();
        return;
      }
      proxy.connections += 1;
      void proxy.forward(client, ports.map((_, index) => ports[(proxy.connections + index) % ports.length] ?? 0));
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  /** Connects `client` to the first of `ports` that answers. */
  private async forward(client: Socket, ports: readonly number[]): Promise<void> {
    client.on('error', () => client.destroy());
    for (const port of ports) {
      const server = connect(port, '127.0.0.1');
      try {
        await once(server, 'connect');
      } catch {
        continue;
      }
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.open.add(socket);
        socket.pipe(other);
        // A connection that breaks on one side breaks on the other side too.
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.open.delete(socket);
          other.destroy();
        });
      }
      return;
    }
    client.destroy();
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Breaks all connections and refuses new ones. */
  cut(): void {
    this.connected = false;
    this.open.forEach((socket) => socket.destroy());
  }

  /** Accepts connections again. */
  restore(): void {
    this.connected = true;
  }

  async close(): Promise<void> {
    this.cut();
    this.listener.close();
    await once(this.listener, 'close');
  }
}
