package org.postern.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A postern.toml in which every setting stands with its meaning: what was answered as a setting, the rest as comments. */
public final class CommentedToml {
    private static final int WIDTH = 100;
    private static final String HEAD = """
            # The settings of postern serve, all there are. A line that is commented out shows the default, or an example
            # where there is none; take the # away to change it.
            #
            #   postern check-config   tells what is wrong here
            #   postern reload         has a serve that runs take up what was changed
            """;

    private CommentedToml() {}

    /**
     * Writes it.
     *
     * @param known as {@link PosternToml#known} has them
     * @param answers values by dotted key, as TOML; of an array of tables one table
     */
    public static String write(List<Description> known, Map<String, String> answers) {
        Map<Description.Section, StringBuilder> sections = new LinkedHashMap<>();
        for (Description each : known) {
            Description.Section section = each.section();
            boolean answered = known.stream()
                    .anyMatch(other -> other.section().equals(section) && answers.containsKey(other.key()));
            StringBuilder text = sections.computeIfAbsent(section, _ -> new StringBuilder(begin(section, answered)));
            String answer = answers.get(each.key());
            text.append('\n')
                    .append(comment(each.meaning() + " " + sentence(each)))
                    .append(answer == null ? "#" : "")
                    .append(each.name() + " = " + (answer == null ? each.example() : answer) + "\n");
        }
        return HEAD + String.join("", sections.values());
    }

    /** Of an array of tables without an answer the header is a comment, too. */
    private static String begin(Description.Section section, boolean answered) {
        return section.name().isEmpty()
                ? ""
                : "\n\n" + comment(section.meaning()) + (section.repeats() && !answered ? "#" : "") + section.header()
                        + "\n";
    }

    private static String sentence(Description each) {
        String kind = each.kind().substring(0, 1).toUpperCase(Locale.ROOT)
                + each.kind().substring(1);
        return kind + ". "
                + (each.otherwise().isEmpty() ? "" : "Default: " + each.otherwise() + ". ")
                + each.restart().map(why -> "A change takes a restart.").orElse("");
    }

    private static String comment(String text) {
        StringBuilder comment = new StringBuilder();
        StringBuilder line = new StringBuilder("#");
        for (String word : text.strip().split(" ", -1)) {
            if (line.length() + 1 + word.length() > WIDTH) {
                comment.append(line).append('\n');
                line = new StringBuilder("#");
            }
            line.append(' ').append(word);
        }
        return comment.append(line).append('\n').toString();
    }
}
