package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SendSettingsTest {
    @TempDir
    private Path control;

    private void file(String name, String text) throws IOException {
        Files.writeString(control.resolve(name), text);
    }

    private SendSettings read() throws IOException {
        return SendSettings.read(new QmailControl(control));
    }

    @Test
    void theDefaults() throws IOException {
        file("me", "Hoge.Example.com\n");
        assertThat(read()).isEqualTo(SendSettings.defaults("Hoge.Example.com"));
        SendSettings d = read();
        assertThat(d.locals()).containsExactly("hoge.example.com");
        assertThat(d.concurrencylocal()).isEqualTo(10);
        assertThat(d.concurrencyremote()).isEqualTo(20);
        assertThat(d.queuelifetime()).isEqualTo(Duration.ofSeconds(604_800));
        assertThat(d.bouncefrom()).isEqualTo("MAILER-DAEMON");
        assertThat(d.doublebounceto()).isEqualTo("postmaster");
        assertThat(d.bouncemaxbytes()).isEqualTo(50_000);
        assertThat(d.delaynotify()).isZero();
    }

    @Test
    void everyFileSetsItsComponent() throws IOException {
        file("me", "me.example\n");
        file("envnoathost", "env.example\n");
        file("locals", "A.example\n# no\n\nb.example \n");
        file("percenthack", "Hack.example\n");
        file("virtualdomains", "V.example:user\n.w.example:wild-x\nexcept@v.example:\nnocolon\n");
        file("concurrencylocal", "3\n");
        file("concurrencyremote", "99999999\n");
        file("queuelifetime", "3600\n");
        file("bouncefrom", "bounces\n");
        file("bouncehost", "bounce.example\n");
        file("doublebounceto", "\n");
        file("doublebouncehost", "double.example\n");
        file("bouncemaxbytes", "1000\n");
        file("delaynotify", "14400\n");
        assertThat(read())
                .isEqualTo(new SendSettings(
                        "env.example",
                        Set.of("a.example", "b.example"),
                        Set.of("hack.example"),
                        Map.of("v.example", "user", ".w.example", "wild-x", "except@v.example", ""),
                        3,
                        2000,
                        Duration.ofHours(1),
                        "bounces",
                        "bounce.example",
                        "",
                        "double.example",
                        1000,
                        Duration.ofHours(4)));
    }

    @Test
    void withoutMeNamesAreTheirFilesNames() throws IOException {
        file("locals", "a.example\n");
        assertThat(read().envnoathost()).isEqualTo("envnoathost");
        assertThat(read().bouncehost()).isEqualTo("bouncehost");
    }

    @Test
    void withoutMeAndLocalsItSaysWhatToDo() {
        assertThatThrownBy(this::read)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("write the host's name into " + control.resolve("me"));
    }
}
