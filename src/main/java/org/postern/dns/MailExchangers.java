package org.postern.dns;

import java.util.List;

/** What a look-up of a domain's MX records came to. */
public sealed interface MailExchangers {
    /** @param exchangers by preference, the best first; at least one */
    record Found(List<MailExchanger> exchangers) implements MailExchangers {
        public Found {
            exchangers = List.copyOf(exchangers);
        }
    }

    /** The domain exists and has no MX: its own addresses count (RFC 5321 §5.1, implicit MX). */
    record None() implements MailExchangers {}

    /** The domain says that it takes no mail (RFC 7505). */
    record NullMx() implements MailExchangers {}

    /** There is no such domain. */
    record NoSuchDomain() implements MailExchangers {}

    /** The DNS gave no answer: to be asked again later. */
    record Temporary(String reason) implements MailExchangers {}

    /**
     * One MX record.
     *
     * @param preference the lower, the better
     * @param host without a dot at the end
     */
    record MailExchanger(int preference, String host) {}
}
