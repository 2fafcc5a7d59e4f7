package org.postern.tcp;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What tcpserver's rules say about a connection. */
public sealed interface Verdict {
    /** What is said where no rule matches, and there is none for the empty address. */
    Verdict DEFAULT = new Allow("default", Map.of());

    /** The address of the rule that matched, as it stands in the rules; "default" where none did. */
    String rule();

    /**
     * The connection is served.
     *
     * @param environment variables that its program gets in addition
     */
    record Allow(String rule, Map<String, String> environment) implements Verdict {
        public Allow {
            environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
        }
    }

    /** The connection is closed without a word. */
    record Deny(String rule) implements Verdict {}
}
