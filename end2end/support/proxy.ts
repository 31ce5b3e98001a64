// A line to the server that can be cut, as a train in a tunnel cuts it: what is open breaks off, nothing new gets through.
// To several instances it leads in turn, as a load balancer does, and past those that do not answer.

import { type AddressInfo, connect, createServer, type Server as TcpServer, type Socket } from 'node:net';
import { once } from 'node:events';

export class Line {
  private readonly open = new Set<Socket>();
  private whole = true;
  private turn = 0;

  private constructor(private readonly listener: TcpServer) {}

  /** A line to one of these ports of this machine. */
  static async to(...ports: readonly number[]): Promise<Line> {
    const listener = createServer();
    const line = new Line(listener);
    listener.on('connection', (near) => {
      if (!line.whole) {
        near.destroy();
        return;
      }
      line.turn += 1;
      void line.join(near, ports.map((_, index) => ports[(line.turn + index) % ports.length] ?? 0));
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return line;
  }

  /** Joins what came to the first of `ports` that answers. */
  private async join(near: Socket, ports: readonly number[]): Promise<void> {
    near.on('error', () => near.destroy());
    for (const port of ports) {
      const far = connect(port, '127.0.0.1');
      try {
        await once(far, 'connect');
      } catch {
        continue;
      }
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.open.add(socket);
        socket.pipe(other);
        // Either end may break; the other then breaks with it.
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.open.delete(socket);
          other.destroy();
        });
      }
      return;
    }
    near.destroy();
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
