package org.postern.pop3d;

/**
 * Decides whether a client is who it says. It may take its time; the session waits.
 *
 * @param <T> what an accepted client gets, as the account with its maildrop
 */
@FunctionalInterface
public interface Authenticator<T> {
    Verdict<T> check(Credentials credentials);

    /** What was decided. */
    sealed interface Verdict<T> {
        record Accepted<T>(T login) implements Verdict<T> {}

        /** Any no, with what the client is told. */
        sealed interface Denied<T> extends Verdict<T> {
            Reply reply();
        }

        /** Wrong user or password; which of them, nobody is told. */
        record Refused<T>() implements Denied<T> {
            @Override
            public Reply reply() {
                return Reply.err("authorization failed");
            }
        }

        /** It could not be decided now; trying again later is worth while. */
        record Temporary<T>(String text) implements Denied<T> {
            @Override
            public Reply reply() {
                return Reply.temporary(text);
            }
        }

        /** Nobody but the administrator can help. */
        record Permanent<T>(String text) implements Denied<T> {
            @Override
            public Reply reply() {
                return Reply.permanent(text);
            }
        }

        /** It could not be decided, and why is not known. */
        record Failed<T>(String text) implements Denied<T> {
            @Override
            public Reply reply() {
                return Reply.err(text);
            }
        }
    }
}
