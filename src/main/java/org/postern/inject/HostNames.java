package org.postern.inject;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the host name of an address is completed (qmail-header(5), "Address lists").
 *
 * @param defaultHost what an address without a host gets: {@code @} and the name
 * @param defaultDomain what a host name without a dot gets: a dot and the name
 * @param plusDomain what a host name gets in place of a + at its end: a dot and the name
 */
record HostNames(List<Token> defaultHost, List<Token> defaultDomain, List<Token> plusDomain) {
    HostNames {
        defaultHost = List.copyOf(defaultHost);
        defaultDomain = List.copyOf(defaultDomain);
        plusDomain = List.copyOf(plusDomain);
    }

    /** Reads the names; empty where one of them can be part of no address. */
    static Optional<HostNames> of(String defaultHost, String defaultDomain, String plusDomain) {
        return Lexer.tokens("@" + defaultHost)
                .flatMap(host -> Lexer.tokens("." + defaultDomain)
                        .flatMap(domain ->
                                Lexer.tokens("." + plusDomain).map(plus -> new HostNames(host, domain, plus))));
    }

    /** The address with a full host name and no source route. An empty one, and qmail's {@code user@[]}, stay. */
    List<Token> complete(List<Token> address) {
        int size = address.size();
        if (size >= 2
                && address.get(size - 2).is(Token.Kind.AT)
                && address.get(size - 1).is(Token.Kind.LITERAL)
                && address.get(size - 1).text().isEmpty()) {
            return address;
        }
        List<Token> full = new ArrayList<>(address);
        dropRoute(full);
        dropLast(full, Token.Kind.DOT);
        dropLast(full, Token.Kind.AT);
        if (full.isEmpty()) {
            return full;
        }
        if (!full.contains(Token.AT)) {
            full.addAll(defaultHost);
        }
        Token last = full.getLast();
        if (last.is(Token.Kind.ATOM) && last.text().endsWith("+")) {
            full.removeLast();
            if (last.text().length() > 1) {
                full.add(Token.word(last.text().substring(0, last.text().length() - 1)));
            }
            full.addAll(plusDomain);
        }
        if (!hasFullHost(full)) {
            full.addAll(defaultDomain);
        }
        return full;
    }

    /** {@code @a,@b:user@host}: RFC 822 §6.2.7 allows it, RFC 5321 §3.3 wants it ignored. */
    private static void dropRoute(List<Token> address) {
        if (!address.isEmpty() && address.getFirst().is(Token.Kind.AT)) {
            int colon = address.indexOf(Token.COLON);
            address.subList(0, colon < 0 ? address.size() : colon + 1).clear();
        }
    }

    private static void dropLast(List<Token> address, Token.Kind kind) {
        if (!address.isEmpty() && address.getLast().is(kind)) {
            address.removeLast();
        }
    }

    private static boolean hasFullHost(List<Token> address) {
        for (Token token : address.subList(address.lastIndexOf(Token.AT) + 1, address.size())) {
            if (token.is(Token.Kind.DOT) || token.is(Token.Kind.LITERAL)) {
                return true;
            }
        }
        return false;
    }
}
