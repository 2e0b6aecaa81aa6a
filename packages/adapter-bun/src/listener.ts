/**
 * How Bun listens to a notifier. A function of JavaScriptCore holds all that its module has in variables. So this is a
 * module of its own, also when it is built: Bun, which holds these functions, must not by them hold the evaluation of
 * the package that listens, which --hot and --isolate replace by another one.
 */
import type { Listener, Owner } from "@ringspawn/native-linux";

type BunSocket = { ref(): void; unref(): void };

/** Bun owns the socket from here on, and closes it when this thread ends, or when the other end hangs up. */
export function listen(fd: number, owner: Owner, close: () => void): Listener {
  const known = new WeakRef(owner);
  let retained: Owner | undefined;
  let isOpen = true;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    // What nobody can use must not be used by a callback that still comes.
    known.deref()?.closed();
    close();
  };
  const forgotten = new FinalizationRegistry(end);
  forgotten.register(owner, undefined, known);
  let socket: BunSocket | undefined;
  const options = {
    fd,
    socket: {
      open(opened: BunSocket) {
        socket = opened;
      },
      data() {
        (retained ?? known.deref())?.rung();
      },
      // An error that a callback of the program threw is reported as one of the program.
      error(_: unknown, error: Error) {
        reportError(error);
      },
      // Bun closes the sockets of a test file that has ended.
      close() {
        forgotten.unregister(known);
        end();
      },
    },
  };
  // Bun's types lack `fd`. `open` is called before this returns.
  void Bun.connect(options as never);
  if (socket === undefined) throw new Error(`Bun did not take over the socket ${fd}`);
  socket.unref();
  return {
    ref: () => socket?.ref(),
    unref: () => socket?.unref(),
    retain(isWanted) {
      // Never by its own variable, which all functions here would hold.
      retained = isWanted ? known.deref() : undefined;
    },
  };
}
