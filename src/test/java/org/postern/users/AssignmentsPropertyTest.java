package org.postern.users;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.postern.file.CdbWriter;
import org.postern.os.Octets;

class AssignmentsPropertyTest {
    private static Path file;

    @BeforeContainer
    static void file() throws IOException {
        file = Files.createTempFile("assign", ".cdb");
    }

    @AfterContainer
    static void remove() throws IOException {
        Files.delete(file);
    }

    /** A line of the file: sign and address; the user is the line's number. */
    private record Line(char sign, String address) {
        String text(int number) {
            return sign + address + ":u" + number + ":1:1:/home:-:e:";
        }
    }

    @Provide
    Arbitrary<List<Line>> lines() {
        // Few letters, so that addresses begin with each other.
        Arbitrary<String> addresses =
                Arbitraries.strings().withChars("aA-b").ofMinLength(0).ofMaxLength(5);
        return Combinators.combine(Arbitraries.of('=', '+'), addresses)
                .as(Line::new)
                .list()
                .ofMaxSize(12);
    }

    @Provide
    Arbitrary<String> localParts() {
        return Arbitraries.strings().withChars("aA-b").ofMaxLength(7);
    }

    /** What qmail-users(5) says, written down as a search through all lines. */
    @Property(tries = 2000)
    void theCdbSaysWhatALookThroughTheLinesSays(
            @ForAll("lines") List<Line> lines, @ForAll("localParts") String localPart) throws IOException {
        compile(lines);
        String lower = Octets.lowerCase(localPart);
        String expected = "";
        int longest = -1;
        for (int i = 0; i < lines.size(); i++) {
            String address = Octets.lowerCase(lines.get(i).address);
            boolean exact = lines.get(i).sign == '=';
            // An exact one beats every wildcard; of equal ones the first counts.
            int rank = exact ? Integer.MAX_VALUE : address.length();
            if ((exact ? lower.equals(address) : lower.startsWith(address)) && rank > longest) {
                longest = rank;
                expected = "u" + i + " e" + (exact ? "" : localPart.substring(address.length()));
            }
        }
        Optional<Assignment> found = new Assignments(file).find(localPart);
        assertThat(found.map(a -> a.user() + " " + a.extension()).orElse("")).isEqualTo(expected);
    }

    private static void compile(List<Line> lines) throws IOException {
        try (CdbWriter writer = CdbWriter.create(file)) {
            AssignCompiler compiler = new AssignCompiler(writer, warning -> {});
            for (int i = 0; i < lines.size(); i++) {
                assertThat(compiler.add(lines.get(i).text(i))).isInstanceOf(AssignLine.Assigns.class);
            }
            compiler.add(".");
            writer.finish();
        }
    }

    /** Whatever the octets: a line is one of the three kinds, and an assignment has just the fields that look-ups read. */
    @Property(tries = 5000)
    void anyLineIsOneOfThree(@ForAll @Size(max = 60) List<@CharRange(from = 0, to = 255) Character> octets) {
        StringBuilder text = new StringBuilder();
        octets.forEach(text::append);
        String line = text.toString();
        switch (AssignLine.parse(line)) {
            case AssignLine.Malformed(String why) -> assertThat(why).isNotEmpty();
            case AssignLine.End _ -> assertThat(line).startsWith(".");
            case AssignLine.Assigns assigns ->
                assertThat(assigns.value().split("\0", -1)).hasSize(6);
        }
    }

    /** Mostly colons, so that many lines are assignments. */
    @Property(tries = 2000)
    void linesOfColonsCompileAndAreFound(@ForAll("colons") String line) throws IOException {
        if (AssignLine.parse(line) instanceof AssignLine.Assigns assigns && !assigns.isWildcard()) {
            try (CdbWriter writer = CdbWriter.create(file)) {
                AssignCompiler compiler = new AssignCompiler(writer, warning -> {});
                compiler.add(line);
                compiler.add(".");
                writer.finish();
            }
            switch (Assignment.parse(assigns.value(), true, "")) {
                case Assignment.Parsed.Good(Assignment good) ->
                    assertThat(new Assignments(file).find(assigns.address())).contains(good);
                case Assignment.Parsed.Bad(String why) ->
                    org.assertj.core.api.Assertions.assertThatThrownBy(
                                    () -> new Assignments(file).find(assigns.address()))
                            .hasMessageContaining(why);
            }
        }
    }

    @Provide
    Arbitrary<String> colons() {
        return Arbitraries.strings()
                .withChars("::::=+a1-/\u00e9")
                .ofMinLength(8)
                .ofMaxLength(24);
    }
}
