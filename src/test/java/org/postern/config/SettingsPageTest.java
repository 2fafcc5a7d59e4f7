package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/settings.md says what the descriptions say. To write it anew: mvn test -Dtest=SettingsPageTest -Dformat.write=true. */
class SettingsPageTest {
    private static final Path PAGE = Path.of("docs/settings.md");

    private static final String HEAD = """
            # All settings of postern.toml

            Written from the program's own descriptions; `postern show-config` shows them with your values, and `postern init` writes
            a file with all of them. What they are for: [postern serve](serve.md), [delivery](delivery.md). A change is taken up by
            `postern reload`, but where the last column says *restart*.
            """;

    @Test
    void pageIsWhatTheDescriptionsSay() throws Exception {
        String page = page();
        if (Boolean.getBoolean("format.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(page);
    }

    private static String page() {
        StringBuilder page = new StringBuilder(HEAD);
        String section = "?";
        for (Description each : PosternToml.known(TestingRunner.ROOT)) {
            if (!each.section().header().equals(section)) {
                section = each.section().header();
                page.append(
                                section.isEmpty()
                                        ? ""
                                        : "\n## " + section + "\n\n"
                                                + each.section().meaning() + "\n")
                        .append("\n| setting | | value | default | |\n|---|---|---|---|---|\n");
            }
            page.append("| `%s` | %s | %s | %s | %s |\n"
                    .formatted(
                            each.name(),
                            each.meaning(),
                            each.kind(),
                            each.otherwise(),
                            each.restart().isPresent() ? "restart" : ""));
        }
        return page.toString();
    }
}
