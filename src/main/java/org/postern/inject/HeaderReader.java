package org.postern.inject;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the header of a message, and of the body no more than where it begins. */
public final class HeaderReader {
    /** The octets that a header may have. The original has no limit. */
    public static final int LIMIT = 2 << 20;

    private HeaderReader() {}

    /** What was read. */
    public sealed interface Header {
        /**
         * A header.
         *
         * @param fields each with its continuation lines and line feeds
         * @param body how the body begins: with an empty line, and what was read behind it; empty where there is none
         */
        record Fields(List<String> fields, String body) implements Header {
            public Fields {
                fields = List.copyOf(fields);
            }
        }

        record TooLong() implements Header {}
    }

    /**
     * Reads up to the empty line, or to a line that is no field: there, too, the body begins. A line {@code From ...}, as
     * mailboxes have it, is kept as {@code MBOX-Line: From ...}.
     */
    public static Header read(InputText text) throws IOException {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        int left = LIMIT;
        String body = "";
        for (String line = text.line(left); line != null; line = text.line(left)) {
            boolean continued = !field.isEmpty() && (line.charAt(0) == ' ' || line.charAt(0) == '\t');
            boolean mboxLine = line.startsWith("From ");
            if (!continued && !mboxLine && !FieldName.begins(line)) {
                body = line.equals("\n") ? line : "\n" + line;
                break;
            }
            left -= line.length();
            if (left == 0 || !line.endsWith("\n")) {
                return new Header.TooLong();
            }
            if (!continued) {
                add(fields, field);
            }
            field.append(!continued && mboxLine ? "MBOX-Line: " : "").append(line);
        }
        add(fields, field);
        return new Header.Fields(fields, body);
    }

    private static void add(List<String> fields, StringBuilder field) {
        if (!field.isEmpty()) {
            fields.add(field.toString());
            field.setLength(0);
        }
    }
}
