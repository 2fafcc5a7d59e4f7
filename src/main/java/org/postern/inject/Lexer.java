package org.postern.inject;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Cuts the text of an address field into tokens (RFC 822 §3.3), as forgiving as qmail-inject is. */
final class Lexer {
    private static final String ENDS_ATOM = " \t\r\n([\"<>;:@,.";

    private final String text;
    private int at;

    /** The text ends within a quoted string, a comment or a domain literal, or has a closing bracket too many. */
    private static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed() {
            super("malformed", null, false, false);
        }
    }

    private Lexer(String text) {
        this.text = text;
    }

    /** The tokens of a text; empty where it has none of these forms. */
    static Optional<List<Token>> tokens(String text) {
        try {
            return Optional.of(new Lexer(text).all());
        } catch (Malformed e) {
            return Optional.empty();
        }
    }

    private List<Token> all() throws Malformed {
        List<Token> tokens = new ArrayList<>();
        while (at < text.length()) {
            char c = text.charAt(at);
            Token special = Token.special(c);
            if (special != null) {
                tokens.add(special);
                at++;
            } else if (" \t\r\n".indexOf(c) >= 0) {
                at++;
            } else {
                tokens.add(
                        switch (c) {
                            case '"' -> Token.quoted(delimited('"'));
                            case '[' -> new Token(Token.Kind.LITERAL, delimited(']'));
                            case '(' -> new Token(Token.Kind.COMMENT, comment());
                            case ')', ']' -> throw new Malformed();
                            default -> atom();
                        });
            }
        }
        return tokens;
    }

    private String delimited(char end) throws Malformed {
        StringBuilder content = new StringBuilder();
        at++;
        while (next() != end) {
            if (text.charAt(at) == '\\') {
                at++;
            }
            content.append(next());
            at++;
        }
        at++;
        return content.toString();
    }

    /** A comment may hold comments. It is kept as it is. */
    private String comment() throws Malformed {
        int start = ++at;
        int level = 1;
        while (true) {
            switch (next()) {
                case '(' -> level++;
                case ')' -> level--;
                case '\\' -> {
                    at++;
                    next();
                }
                default -> {}
            }
            at++;
            if (level == 0) {
                return text.substring(start, at - 1);
            }
        }
    }

    private Token atom() {
        StringBuilder content = new StringBuilder();
        while (at < text.length() && ENDS_ATOM.indexOf(text.charAt(at)) < 0) {
            if (text.charAt(at) == '\\') {
                at++;
            }
            if (at < text.length()) {
                content.append(text.charAt(at++));
            }
        }
        return Token.word(content.toString());
    }

    private char next() throws Malformed {
        if (at >= text.length()) {
            throw new Malformed();
        }
        return text.charAt(at);
    }
}
