package org.postern.chain;

import java.io.IOException;
import java.nio.file.Path;
import org.postern.os.Identity;

/** A command: what it was called with in, how it ends out. */
public interface Tool {
    /**
     * Runs the command.
     *
     * @throws IOException what the command did not foresee; the chain logs it and ends with 111
     */
    Exit run(Invocation call) throws IOException;

    /**
     * What a process would have had.
     *
     * @param args the command line
     * @param env the environment
     * @param cwd the working directory; relative file names are taken from here by {@link #path}
     * @param identity whose rights it has; the chain has already put them on this thread
     * @param fds its descriptors
     * @param id what stands where a process would print its pid: the connection's serial number, or the pid
     */
    record Invocation(Args args, Env env, Path cwd, Identity identity, Descriptors fds, long id) {
        /** The file that a process with this working directory would open under that name. */
        public Path path(String octets) {
            return cwd.resolve(org.postern.os.Octets.path(octets));
        }

        /** The same program, called with other arguments and environment: for a parent that starts a child. */
        public Invocation with(Args newArgs, Env newEnv, Descriptors newFds) {
            return new Invocation(newArgs, newEnv, cwd, identity, newFds, id);
        }

        /** Becomes the named program, with all else as it is. */
        public Exit.Exec exec(Args argv, Env newEnv, Exit.CannotRun otherwise) {
            return new Exit.Exec(argv, newEnv, cwd, identity, fds, otherwise);
        }
    }

    /** How a command ends. */
    sealed interface Exit {
        /** Ends with this exit code. */
        record Code(int value) implements Exit {}

        /**
         * Becomes the next program of the chain, which inherits exactly the descriptors named.
         *
         * @param otherwise what the program does when that one cannot be run
         */
        record Exec(Args argv, Env env, Path cwd, Identity identity, Descriptors kept, CannotRun otherwise)
                implements Exit {}

        /** What a program says and how it ends when exec failed. */
        @FunctionalInterface
        interface CannotRun {
            Exit exit(IOException why);
        }

        static Exit code(int value) {
            return new Code(value);
        }
    }
}
