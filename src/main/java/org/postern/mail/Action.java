package org.postern.mail;

import java.util.Locale;

/** What was done for a recipient, as a sender is told (RFC 3464 §2.3.3). */
public enum Action {
    FAILED,
    DELAYED,
    /** It is in his mailbox, or in the hands of his program. */
    DELIVERED,
    /** A host has it that does not tell of what becomes of it. */
    RELAYED,
    /** It went on to the addresses that this one stands for. */
    EXPANDED,
    /** None of the RFC's: whoever has it now tells the sender, if he wants to hear. */
    PASSED_ON;

    /** As a report has it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
