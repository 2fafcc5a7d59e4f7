package org.postern.inject;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * An address list (RFC 822 §6.1), in which every address is exchanged for another. It is read from its end, as that way
 * each token says by itself what it is: behind a colon stands a route or a group, and only the end tells which.
 *
 * <p>Addresses that only a blank divides get the comma that is missing.
 */
final class AddressList {
    private final UnaryOperator<List<Token>> rewrite;
    private final Deque<Token> rest;
    private final Deque<Token> done = new ArrayDeque<>();
    private final Deque<Token> address = new ArrayDeque<>();
    private boolean inGroup;
    /** Whether a word may stand to the left of what was read last without beginning another address. */
    private boolean wordFits = true;

    private AddressList(List<Token> list, UnaryOperator<List<Token>> rewrite) {
        this.rest = new ArrayDeque<>(list);
        this.rewrite = rewrite;
    }

    /**
     * The list with all its addresses rewritten.
     *
     * @param rewrite is given the addresses from the last to the first; an empty one where the list has {@code <>}
     * @return empty where this is no address list
     */
    static Optional<List<Token>> rewritten(List<Token> list, UnaryOperator<List<Token>> rewrite) {
        return new AddressList(list, rewrite).all();
    }

    private Optional<List<Token>> all() {
        while (!rest.isEmpty()) {
            Token token = rest.removeLast();
            boolean fits = switch (token.kind()) {
                case ATOM, QUOTED, LITERAL -> word(token);
                case COMMENT -> pass(token);
                case COMMA -> comma(token);
                case SEMICOLON -> groupEnd(token);
                case COLON -> groupName(token);
                case RIGHT -> inBrackets(token);
                case AT, DOT, LEFT -> part(token);
            };
            if (!fits) {
                return Optional.empty();
            }
        }
        endAddress();
        return Optional.of(new ArrayList<>(done));
    }

    private boolean word(Token token) {
        if (!wordFits) {
            endAddressWithComma();
        }
        wordFits = false;
        address.addFirst(token);
        return true;
    }

    private boolean part(Token token) {
        wordFits = true;
        address.addFirst(token);
        return true;
    }

    private boolean pass(Token token) {
        done.addFirst(token);
        return true;
    }

    private boolean comma(Token token) {
        endAddress();
        wordFits = true;
        return pass(token);
    }

    private boolean groupEnd(Token token) {
        endAddressWithComma();
        if (inGroup) {
            return false;
        }
        inGroup = true;
        wordFits = true;
        return pass(token);
    }

    private boolean groupName(Token token) {
        endAddress();
        if (!inGroup) {
            return false;
        }
        inGroup = false;
        wordFits = true;
        done.addFirst(token);
        while (!rest.isEmpty()) {
            Token name = rest.removeLast();
            done.addFirst(name);
            if (name.is(Token.Kind.COMMA)) {
                break;
            }
        }
        return true;
    }

    /** An address with a phrase before it: {@code A. Person <a@b>}. */
    private boolean inBrackets(Token right) {
        endAddressWithComma();
        done.addFirst(right);
        while (!rest.isEmpty() && !rest.getLast().is(Token.Kind.LEFT)) {
            address.addFirst(rest.removeLast());
        }
        if (rest.isEmpty()) {
            return false;
        }
        endAddressEvenIfEmpty();
        done.addFirst(rest.removeLast());
        while (!rest.isEmpty() && isOfPhrase(rest.getLast())) {
            done.addFirst(rest.removeLast());
        }
        wordFits = false;
        return true;
    }

    /** Points and @ do not belong into a phrase, but are there: J. Doe. */
    private static boolean isOfPhrase(Token token) {
        return switch (token.kind()) {
            case ATOM, QUOTED, COMMENT, AT, DOT -> true;
            case LITERAL, COMMA, COLON, SEMICOLON, LEFT, RIGHT -> false;
        };
    }

    private void endAddress() {
        if (!address.isEmpty()) {
            endAddressEvenIfEmpty();
        }
    }

    private void endAddressWithComma() {
        if (!address.isEmpty()) {
            endAddressEvenIfEmpty();
            done.addFirst(Token.COMMA);
        }
    }

    private void endAddressEvenIfEmpty() {
        for (Token token : rewrite.apply(new ArrayList<>(address)).reversed()) {
            done.addFirst(token);
        }
        address.clear();
    }
}
