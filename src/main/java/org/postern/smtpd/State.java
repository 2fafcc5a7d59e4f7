package org.postern.smtpd;

/** Where a session stands between two commands. The user who has logged in stands in {@link Hello}. */
sealed interface State {
    Hello hello();

    /** No transaction is open. */
    record Ready(Hello hello) implements State {}

    /** MAIL was accepted, no recipient yet. */
    record RcptWanted(Hello hello, Transaction transaction) implements State {}

    /** One recipient at least was accepted. */
    record DataPossible(Hello hello, Transaction transaction) implements State {}
}
