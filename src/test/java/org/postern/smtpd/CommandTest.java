package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.postern.tcp.Line;

class CommandTest {
    private static Command parse(String line) {
        return Command.of(new Line.Text(line));
    }

    @Test
    void verbsAreReadInAnyCaseAndEndAtABlank() {
        assertThat(parse("EHLO bar.com")).isEqualTo(new Command.Ehlo("bar.com"));
        assertThat(parse("hElO  bar.com ")).isEqualTo(new Command.Helo("bar.com "));
        assertThat(parse("QUIT now")).isEqualTo(new Command.Quit());
        assertThat(parse("NOOP\t")).isEqualTo(new Command.Unknown());
        assertThat(parse(" NOOP")).isEqualTo(new Command.Unknown());
        assertThat(parse("")).isEqualTo(new Command.Unknown());
        assertThat(parse("NOOP\0x")).isEqualTo(new Command.Noop());
    }

    @Test
    void badInputIsACommandToo() {
        assertThat(Command.of(new Line.TooLong())).isEqualTo(new Command.TooLong());
        assertThat(Command.of(new Line.End())).isEqualTo(new Command.EndOfInput());
    }

    @Test
    void pathsAreReadAsQmailReadsThem() {
        assertThat(parse("MAIL FROM:<a@b> SIZE=1  BODY=7BIT"))
                .isEqualTo(new Command.Mail(new PathArgument("FROM", "a@b", List.of("SIZE=1", "BODY=7BIT"))));
        assertThat(parse("RCPT to: a@b NOTIFY=NEVER"))
                .isEqualTo(new Command.Rcpt(new PathArgument("TO", "a@b", List.of("NOTIFY=NEVER"))));
        assertThat(PathArgument.of("FROM:<@r1,@r2:a@b>").address()).isEqualTo("a@b");
        assertThat(PathArgument.of("FROM:<\"a>\\\"b\"@c>").address()).isEqualTo("a>\"b@c");
        assertThat(PathArgument.of("FROM:<a\\>b@c>").address()).isEqualTo("a>b@c");
        assertThat(PathArgument.of("FROM:<a@b").address()).isEqualTo("a@b");
        assertThat(PathArgument.of("FROM:Name <a@b>")).isEqualTo(new PathArgument("FROM", "a@b", List.of()));
        assertThat(PathArgument.of("a@b")).isEqualTo(new PathArgument("", "", List.of()));
        assertThat(PathArgument.of("<a:b@c>")).isEqualTo(new PathArgument("", "a:b@c", List.of()));
    }

    @Test
    void aSizeIsTheNumberOfOctetsDeclared() {
        assertThat(PathArgument.of("FROM:<a@b> Size=123").size()).isEqualTo(123);
        assertThat(PathArgument.of("FROM:<a@b> SIZE=").size()).isZero();
        assertThat(PathArgument.of("FROM:<a@b> SIZE=1x").size()).isZero();
        assertThat(PathArgument.of("FROM:<a@b> SIZE=99999999999999999999").size())
                .isEqualTo(Long.MAX_VALUE);
        assertThat(PathArgument.of("FROM:<SIZE=5@b>").size()).isZero();
    }

    @Property(tries = 5000)
    void anyLineIsACommand(@ForAll @StringLength(max = 80) @CharRange(from = 0, to = 255) String line) {
        assertThat(parse(line)).isNotNull();
    }

    @Property(tries = 5000)
    void anyArgumentOfMailIsAPath(
            @ForAll
                    @StringLength(max = 60)
                    @net.jqwik.api.constraints.Chars({'<', '>', '"', '\\', '@', ':', ' ', 'a', 'é', ','})
                    String argument) {
        Command.Mail mail = (Command.Mail) parse("MAIL " + argument);
        assertThat(mail.from().address().length()).isLessThanOrEqualTo(argument.length());
        assertThat(mail.from().parameters()).noneMatch(parameter -> parameter.isEmpty() || parameter.contains(" "));
    }
}
