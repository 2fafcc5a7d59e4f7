package org.postern.users;

/** What asking for an account came to. */
public sealed interface Lookup {
    record Found(Account account) implements Lookup {}

    record Unknown() implements Lookup {}

    /**
     * The question has no answer now, which is no "no": a file that cannot be read, a directory server that is down,
     * an account whose line is broken.
     *
     * @param why for the log, with what to do
     */
    record Unavailable(String why) implements Lookup {}
}
