package org.postern.inject;

import org.jspecify.annotations.Nullable;

/**
 * A lexical token of an address field (RFC 822 §3.3).
 *
 * @param text an octet string: of a quoted string or a domain literal without its delimiters and backslashes, of a comment
 *     what stands between its outer parentheses, as it stands there; of a special its character
 */
record Token(Kind kind, String text) {
    enum Kind {
        ATOM,
        QUOTED,
        LITERAL,
        COMMENT,
        AT,
        DOT,
        COMMA,
        COLON,
        SEMICOLON,
        LEFT,
        RIGHT
    }

    static final Token AT = new Token(Kind.AT, "@");
    static final Token DOT = new Token(Kind.DOT, ".");
    static final Token COMMA = new Token(Kind.COMMA, ",");
    static final Token COLON = new Token(Kind.COLON, ":");
    static final Token SEMICOLON = new Token(Kind.SEMICOLON, ";");
    static final Token LEFT = new Token(Kind.LEFT, "<");
    static final Token RIGHT = new Token(Kind.RIGHT, ">");

    static Token quoted(String text) {
        return new Token(Kind.QUOTED, text);
    }

    /** An atom, or a quoted string where the text is empty or holds what no atom may. */
    static Token word(String text) {
        if (text.isEmpty()) {
            return quoted(text);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c > '~' || "()[]<>@,;:.\"\\".indexOf(c) >= 0) {
                return quoted(text);
            }
        }
        return new Token(Kind.ATOM, text);
    }

    /** The special that this character is; null where it is none. */
    static @Nullable Token special(char c) {
        return switch (c) {
            case '@' -> AT;
            case '.' -> DOT;
            case ',' -> COMMA;
            case ':' -> COLON;
            case ';' -> SEMICOLON;
            case '<' -> LEFT;
            case '>' -> RIGHT;
            default -> null;
        };
    }

    boolean is(Kind wanted) {
        return kind == wanted;
    }

    /** Whether two of these side by side need a blank between them. */
    boolean isWord() {
        return switch (kind) {
            case ATOM, QUOTED, LITERAL, COMMENT -> true;
            case AT, DOT, COMMA, COLON, SEMICOLON, LEFT, RIGHT -> false;
        };
    }
}
