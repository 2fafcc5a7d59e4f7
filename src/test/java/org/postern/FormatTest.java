package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every source is as the formatter writes it. {@code mvn test -Dtest=FormatTest -Dformat.write=true} rewrites what is
 * not. A test and no Maven plugin, since a plugin would run on Maven's own JDK, which may be older than the sources.
 */
class FormatTest {
    private static final boolean WRITE = Boolean.getBoolean("format.write");

    @Test
    void sourcesAreFormatted() throws IOException, FormatterException {
        Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .build());
        List<Path> unformatted = new ArrayList<>();
        try (Stream<Path> sources = Files.walk(Path.of("src"))) {
            for (Path source :
                    sources.filter(p -> p.toString().endsWith(".java")).sorted().toList()) {
                String text = Files.readString(source);
                String wanted = formatter.formatSource(ImportOrderer.reorderImports(
                        RemoveUnusedImports.removeUnusedImports(text), JavaFormatterOptions.Style.PALANTIR));
                if (!text.equals(wanted)) {
                    unformatted.add(source);
                    if (WRITE) {
                        Files.writeString(source, wanted);
                    }
                }
            }
        }
        assertThat(WRITE ? List.of() : unformatted)
                .as("run: mvn -q test -Dtest=FormatTest -Dformat.write=true")
                .isEmpty();
    }
}
