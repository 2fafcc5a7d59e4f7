package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentTest {
    /** The name in an answer, and how much of it was read. */
    private static final class Reading implements Ident.Source {
        private final String answer;
        private int at;

        Reading(String answer) {
            this.answer = answer;
        }

        @Override
        public int next() {
            return at < answer.length() ? answer.charAt(at++) : -1;
        }
    }

    private static Optional<String> name(String answer) throws IOException {
        return Ident.name(new Reading(answer));
    }

    @ParameterizedTest
    @CsvSource({
        "'6193, 23 : USERID : UNIX : stjohns',stjohns",
        "'6193,23:USERID:UNIX:stjohns',stjohns",
        "'6193, 23 : USERID : OTHER,x :\t two words',twowords",
        "'6193, 23 : USERID : UNIX : a:b::',a:b::",
        "'6193, 23 : USERID : UNIX :',''",
        "'6195, 23 : ERROR : NO-USER',''",
        "'',''"
    })
    void behindTheThirdColon(String answer, String name) throws IOException {
        assertThat(name(answer + "\r\n")).contains(name);
        assertThat(name(answer + "\n")).contains(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1 , 2 : USERID : UNIX : joe", "1 , 2 : USERID : UNIX : joe\r"})
    void aLineWithoutItsEndSaysNothing(String answer) throws IOException {
        assertThat(name(answer)).isEmpty();
    }

    @Test
    void longAnswers() throws IOException {
        Reading longName = new Reading("1,2:USERID:UNIX:" + "u".repeat(5000) + "\n");
        assertThat(Ident.name(longName)).contains("u".repeat(257));
        assertThat(longName.at).as("what it reads of it").isLessThan(300);
        Reading endless = new Reading("x".repeat(50_000));
        assertThat(Ident.name(endless)).isEmpty();
        assertThat(endless.at).isLessThan(20_000);
    }
}
