package org.postern.inject;

import java.util.List;

/** Writes tokens as text again. */
final class FieldText {
    /** RFC 822 §3.4.8 would fold at 65 or 72; qmail-inject does at 80. */
    private static final int LINE = 80;

    private FieldText() {}

    /** A whole field with its line feed, folded behind commas where a line would get too long. */
    static String field(String name, List<Token> tokens) {
        StringBuilder field = new StringBuilder(name).append(':');
        StringBuilder piece = new StringBuilder();
        int column = field.length();
        for (int i = 0; i < tokens.size(); i++) {
            if (i > 0 && !piece.isEmpty() && isBlankBetween(tokens.get(i - 1), tokens.get(i))) {
                piece.append(' ');
            }
            append(piece, tokens.get(i));
            if (tokens.get(i).is(Token.Kind.COMMA) || i + 1 == tokens.size()) {
                boolean fold = column > name.length() + 1 && column + 1 + piece.length() > LINE;
                field.append(fold ? "\n " : " ").append(piece);
                column = fold ? 1 + piece.length() : column + 1 + piece.length();
                piece.setLength(0);
            }
        }
        return field.append('\n').toString();
    }

    private static boolean isBlankBetween(Token left, Token right) {
        return switch (left.kind()) {
            case COMMA, COLON -> true;
            case RIGHT -> right.isWord();
            case ATOM, QUOTED, LITERAL, COMMENT -> right.isWord() || right.is(Token.Kind.LEFT);
            case AT, DOT, SEMICOLON, LEFT -> right.is(Token.Kind.LEFT);
        };
    }

    private static void append(StringBuilder text, Token token) {
        switch (token.kind()) {
            case QUOTED -> escaped(text.append('"'), token.text(), "\"\\\r\n").append('"');
            case LITERAL -> escaped(text.append('['), token.text(), "[]\\\r\n").append(']');
            case COMMENT -> text.append('(').append(token.text()).append(')');
            case ATOM, AT, DOT, COMMA, COLON, SEMICOLON, LEFT, RIGHT -> text.append(token.text());
        }
    }

    private static StringBuilder escaped(StringBuilder text, String content, String toEscape) {
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            if (toEscape.indexOf(c) >= 0) {
                text.append('\\');
            }
            text.append(c);
        }
        return text;
    }

    /** An address as an envelope has it: without quotes and comments. */
    static String address(List<Token> tokens) {
        StringBuilder text = new StringBuilder();
        for (Token token : tokens) {
            switch (token.kind()) {
                case LITERAL -> text.append('[').append(token.text()).append(']');
                case COMMENT -> {}
                case ATOM, QUOTED, AT, DOT, COMMA, COLON, SEMICOLON, LEFT, RIGHT -> text.append(token.text());
            }
        }
        return text.toString();
    }
}
