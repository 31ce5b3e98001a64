// A line to the server that can be cut, as a train in a tunnel cuts it: what is open breaks off, nothing new gets through.

import { type AddressInfo, connect, createServer, type Server as TcpServer, type Socket } from 'node:net';
import { once } from 'node:events';

export class Line {
  private readonly open = new Set<Socket>();
  private whole = true;

  private constructor(private readonly listener: TcpServer) {}

  /** A line to a port of this machine. */
  static async to(port: number): Promise<Line> {
    const listener = createServer();
    const line = new Line(listener);
    listener.on('connection', (near) => {
      if (!line.whole) {
        near.destroy();
        return;
      }
      const far = connect(port, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        line.open.add(socket);
        socket.pipe(other);
        // Either end may break; the other then breaks with it.
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          line.open.delete(socket);
          other.destroy();
        });
      }
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return line;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.whole = false;
    this.open.forEach((socket) => socket.destroy());
  }

  mend(): void {
    this.whole = true;
  }

  async close(): Promise<void> {
    this.cut();
    this.listener.close();
    await once(this.listener, 'close');
  }
}
