package org.postern.chain;

/** How a chain of programs ended. */
public sealed interface Ended {
    record Exited(int code) implements Ended {}

    record Signalled(int number) implements Ended {}

    /** What wait(2) would have said: tcpserver's log prints it. */
    default int waitStatus() {
        return switch (this) {
            case Exited e -> (e.code & 0xff) << 8;
            case Signalled s -> s.number;
        };
    }

    /** Reads a wait status. */
    static Ended ofWaitStatus(int status) {
        return (status & 0x7f) == 0 ? new Exited(status >> 8 & 0xff) : new Signalled(status & 0x7f);
    }
}
