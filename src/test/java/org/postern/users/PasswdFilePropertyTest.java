package org.postern.users;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import org.postern.os.Nss;

class PasswdFilePropertyTest {
    private static final Nss NSS = new Nss();

    /** Whatever stands around it: the file is read to its end, and a good account in it works. */
    @Property(tries = 2000)
    void nonsenseAroundAnAccountDoesNotHideIt(
            @ForAll @Size(max = 20) List<@CharRange(from = 0, to = 255) Character> before,
            @ForAll @Size(max = 20) List<@CharRange(from = 0, to = 255) Character> after)
            throws IOException {
        List<String> log = new ArrayList<>();
        String text = text(before) + "\nthe-good-one:{PLAIN}secret:1000:1000::/home/joe:/bin/sh\n" + text(after);
        PasswdEntries entries = PasswdEntries.parse(text, "users", NSS, log::add);
        assertThat(entries.find("the-good-one")).isInstanceOf(Lookup.Found.class);
        assertThat(entries.decoy("x")).isNotNull();
    }

    private static String text(List<Character> characters) {
        StringBuilder text = new StringBuilder();
        characters.forEach(text::append);
        return text.toString();
    }
}
