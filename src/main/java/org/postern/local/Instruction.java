package org.postern.local;

import java.util.ArrayList;
import java.util.List;

/** A line of a .qmail file (dot-qmail(5)). */
sealed interface Instruction {
    /** Nothing to do: a comment, or an empty line that is not the first. */
    record Nothing() implements Instruction {}

    /** The file's first line is empty: it is being edited, or not meant as one. */
    record BlankFirst() implements Instruction {}

    /** {@code ./dir/} or {@code /dir/}. */
    record Maildir(String directory) implements Instruction {}

    /** {@code ./file} or {@code /file}. */
    record Mbox(String file) implements Instruction {}

    /** {@code |command}. */
    record Program(String command) implements Instruction {}

    /** {@code &address}, or anything that begins with a letter or digit. */
    record Forward(String address) implements Instruction {}

    /** {@code +list}: from here on only forwards are allowed. */
    record ForwardsOnly() implements Instruction {}

    /** The lines of a file's text, whose last need not be ended. */
    static List<Instruction> parse(String text) {
        List<Instruction> instructions = new ArrayList<>();
        String lines = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        for (String line : lines.split("\n", -1)) {
            instructions.add(parseLine(cut(line), instructions.isEmpty()));
        }
        return instructions;
    }

    private static Instruction parseLine(String line, boolean first) {
        if (line.isEmpty()) {
            return first ? new BlankFirst() : new Nothing();
        }
        return switch (line.charAt(0)) {
            case '#' -> new Nothing();
            case '.', '/' -> line.endsWith("/") ? new Maildir(line) : new Mbox(line);
            case '|' -> new Program(line.substring(1));
            case '+' -> line.equals("+list") ? new ForwardsOnly() : new Nothing();
            case '&' -> new Forward(line.substring(1));
            default -> new Forward(line);
        };
    }

    /** Blanks and tabs at the end do not count. A NUL ends a line, as it does in C. */
    private static String cut(String line) {
        int nul = line.indexOf('\0');
        int end = nul < 0 ? line.length() : nul;
        while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
            end--;
        }
        return line.substring(0, end);
    }
}
