package org.postern.tool;

import java.io.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.config.TomlText;

/**
 * Where the answers of init come from: an option; else a question, where somebody sits at a terminal; else the default,
 * where --yes was said. What is missing then is kept, to be told at once.
 */
final class Asking {
    private final Optional<Person> person;
    private final boolean yes;
    private final List<String> missing = new ArrayList<>();

    /** Somebody who can be asked. */
    interface Person {
        void hear(String line);

        /** An answer, as the terminal has it; null where he has gone. */
        @Nullable
        String answer(String question);

        /** The same without an echo. */
        @Nullable
        String secret(String question);
    }

    /** A question's words, and the option that answers it. */
    record Question(String option, String words) {}

    Asking(Optional<Person> person, boolean yes) {
        this.person = person;
        this.yes = yes;
    }

    /** Whoever sits at this process's terminal. */
    static Optional<Person> atTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).map(AtConsole::new);
    }

    private record AtConsole(Console console) implements Person {
        @Override
        public void hear(String line) {
            console.printf("%s%n", line);
        }

        @Override
        public @Nullable String answer(String question) {
            return console.readLine("%s", question);
        }

        @Override
        public @Nullable String secret(String question) {
            char[] answer = console.readPassword("%s", question);
            return answer == null ? null : new String(answer);
        }
    }

    List<String> missing() {
        return missing;
    }

    void hear(String line) {
        person.ifPresent(somebody -> somebody.hear(line));
    }

    /**
     * Gets an answer.
     *
     * @param given by the option; null: not
     * @param usual the default; null: there must be an answer
     * @param objection what is wrong with an answer; empty: nothing
     * @return an octet string; empty also where it is missing
     */
    String ask(
            Question question,
            @Nullable String given,
            @Nullable String usual,
            Function<String, Optional<String>> objection) {
        if (given != null) {
            return given;
        }
        if (yes && usual != null) {
            return usual;
        }
        if (yes || person.isEmpty()) {
            missing.add(question.option);
            return "";
        }
        String prompt = question.words + (usual == null ? ": " : " [" + (usual.isEmpty() ? "none" : usual) + "]: ");
        while (true) {
            String said = person.get().answer(prompt);
            if (said == null) {
                missing.add(question.option);
                return "";
            }
            String answer = said.isBlank() && usual != null ? usual : TomlText.octets(said.strip());
            Optional<String> wrong =
                    answer.isEmpty() && usual == null ? Optional.of("an answer is needed") : objection.apply(answer);
            if (wrong.isEmpty()) {
                return answer;
            }
            person.get().hear("  " + wrong.get());
        }
    }

    /** A word that must be said: no, where nobody can be asked. */
    boolean isSaid(String words) {
        String said = yes || person.isEmpty() ? null : person.get().answer(words + " [no]: ");
        return said != null && said.strip().startsWith("y");
    }

    /** A secret that only a person, or a file, can give; empty where there is nobody, or he says nothing. */
    String secret(String words) {
        String said = yes || person.isEmpty() ? null : person.get().secret(words + ": ");
        return said == null ? "" : TomlText.octets(said);
    }
}
