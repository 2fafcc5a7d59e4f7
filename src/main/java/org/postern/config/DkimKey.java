package org.postern.config;

import java.security.interfaces.RSAPrivateCrtKey;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What mail of a domain is signed with (DKIM, RFC 6376), as one line of {@code control/dkim} or one table
 * {@code [[send.dkim]]} names it.
 */
public sealed interface DkimKey {
    /** Labels of letters, digits, hyphens and underscores: what the DNS and the tags d= and s= have. */
    Pattern NAME = Pattern.compile("[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*");

    int LONGEST_NAME = 253;

    /** In lower case: the tag d=, and the addresses in From that the key is for, those below it as well. */
    String domain();

    /** In lower case: the tag s=; the public key stands in the DNS at {@code SELECTOR._domainkey.DOMAIN}. */
    String selector();

    /** A key that signs. */
    record Usable(String domain, String selector, RSAPrivateCrtKey key) implements DkimKey {
        /** Without the key. */
        @Override
        public String toString() {
            return "d=" + domain + " s=" + selector;
        }
    }

    /** A key that cannot be used now: mail of its domain waits, for unsigned it could be refused. */
    record Broken(String domain, String selector, String why) implements DkimKey {}

    /** What speaks against a domain, with the remedy. */
    static Optional<String> objectionToDomain(String domain) {
        return isName(domain)
                ? Optional.empty()
                : Optional.of(
                        "is \"" + domain
                                + "\"; write a domain such as example.com, an internationalized one in its ASCII form, xn--...");
    }

    /** What speaks against a selector, with the remedy. */
    static Optional<String> objectionToSelector(String selector) {
        return isName(selector)
                ? Optional.empty()
                : Optional.of("is \"" + selector + "\"; write letters, digits and hyphens, as postern2026");
    }

    private static boolean isName(String text) {
        return text.length() <= LONGEST_NAME && NAME.matcher(text).matches();
    }
}
