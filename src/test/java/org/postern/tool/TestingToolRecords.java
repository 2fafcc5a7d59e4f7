package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.TestingRecords;

/** Recorded calls of programs: command line, environment, standard input, and what was seen. */
final class TestingToolRecords {
    private TestingToolRecords() {}

    /** A record: a call, and what was seen. */
    record Seen(
            String title, String command, Map<String, String> env, String stdin, int rc, String stdout, String stderr) {
        /** The words of a command that was written in quotes. */
        String[] argv() {
            return Pattern.compile("'([^']*)'")
                    .matcher(command)
                    .results()
                    .map(word -> word.group(1))
                    .toArray(String[]::new);
        }

        @Override
        public String toString() {
            return title;
        }
    }

    /** Those whose title is such a one. */
    static List<Seen> read(String file, String titles) throws IOException {
        List<Seen> seen = new ArrayList<>();
        for (String text : TestingRecords.text(file).split("(?m)^== ")) {
            String title = text.lines().findFirst().orElse("");
            if (title.matches(titles)) {
                seen.add(seen(title, text));
            }
        }
        return seen;
    }

    private static Seen seen(String title, String text) {
        Matcher call = find("(?s)\\$ (.*?)  env=\\{(.*?)}(?: stdin=('.*?'))?\nrc=(\\d+)\n", text);
        Map<String, String> env = new LinkedHashMap<>();
        Matcher variable = Pattern.compile("'(\\w+)': ('[^']*')").matcher(call.group(2));
        while (variable.find()) {
            env.put(variable.group(1), TestingRecords.unquote(variable.group(2)));
        }
        return new Seen(
                title,
                call.group(1),
                env,
                call.group(3) == null ? "" : TestingRecords.unquote(call.group(3)),
                Integer.parseInt(call.group(4)),
                TestingRecords.unquote(find("(?m)^stdout=('.*')$", text).group(1)),
                TestingRecords.unquote(find("(?m)^stderr=('.*')$", text).group(1)));
    }

    private static Matcher find(String pattern, String text) {
        Matcher m = Pattern.compile(pattern).matcher(text);
        assertThat(m.find()).as(pattern + " in " + text).isTrue();
        return m;
    }
}
