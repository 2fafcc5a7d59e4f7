package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** root, daemon, bin and nobody are on every Debian machine. */
class NssTest {
    private final Nss nss = new Nss();

    @Test
    void aUserIsFoundByNameAndByUid() throws IOException {
        Nss.Passwd root = nss.passwd("root").orElseThrow();
        assertThat(root.uid()).isZero();
        assertThat(root.gid()).isZero();
        assertThat(root.home()).isEqualTo("/root");
        assertThat(root.shell()).startsWith("/");
        assertThat(nss.passwd(0)).contains(root);
        assertThat(nss.passwd("nobody").orElseThrow().uid()).isEqualTo(65534);
    }

    @Test
    void whoIsNotThereIsAnEmptyAnswer() throws IOException {
        assertThat(nss.passwd("nobody-of-that-name")).isEmpty();
        assertThat(nss.passwd("")).isEmpty();
        assertThat(nss.passwd("r\u00f6\u00f6t")).isEmpty();
        assertThat(nss.passwd(1_234_567_890)).isEmpty();
        assertThat(nss.gid("nobody-of-that-name")).isEmpty();
    }

    @Test
    void aGroupHasItsNumber() throws IOException {
        assertThat(nss.gid("root")).contains(0);
        assertThat(nss.gid("tty")).contains(5);
    }

    @Test
    void groupsHaveTheFirstOneAmongThem() throws IOException {
        assertThat(nss.groups("root", 0)).contains(0);
        assertThat(nss.groups("nobody-of-that-name", 4711)).containsExactly(4711);
    }

    @Test
    void noPasswordIsShown() {
        assertThat(new Nss.Passwd("joe", "$6$hash", 1, 2, "", "/", "/").toString())
                .doesNotContain("hash");
        assertThat(new Nss.Shadow("joe", "$6$hash", 1, 2, 3, 4, 5, 6).toString())
                .doesNotContain("hash");
    }

    @Test
    void fiftyThreadsAtOnceDoNotDisturbEachOther() throws Exception {
        List<String> names = List.of("root", "daemon", "bin", "nobody", "nobody-of-that-name");
        try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor();
                ExecutorService platform = Executors.newFixedThreadPool(25)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String name = names.get(i % names.size());
                var alone = nss.passwd(name);
                all.add((i % 2 == 0 ? virtual : platform).submit(() -> {
                    for (int round = 0; round < 100; round++) {
                        assertThat(nss.passwd(name)).isEqualTo(alone);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }
}
