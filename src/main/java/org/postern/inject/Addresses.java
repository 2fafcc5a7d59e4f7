package org.postern.inject;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.postern.mail.Quoting;

/** Completes addresses: single ones, and those of a field. */
public final class Addresses {
    private final HostNames names;

    private Addresses(HostNames names) {
        this.names = names;
    }

    /** Empty where one of the names can be part of no address. */
    public static Optional<Addresses> of(String defaultHost, String defaultDomain, String plusDomain) {
        return HostNames.of(defaultHost, defaultDomain, plusDomain).map(Addresses::new);
    }

    /** An address that a command line has, without quoting, with its full host name; empty where it is none. */
    public Optional<String> complete(String address) {
        if (address.indexOf('\n') >= 0) {
            return Optional.empty(); // Quoted it would still end the line, in every header that it gets into.
        }
        return Lexer.tokens(Quoting.address(address)).map(names::complete).map(FieldText::address);
    }

    /** A local part and, where it is given, a host, as tokens with the full host name. */
    Optional<List<Token>> complete(Token user, Optional<String> host) {
        return Lexer.tokens(host.map(name -> "@" + name).orElse("")).map(tokens -> {
            tokens.addFirst(user);
            return names.complete(tokens);
        });
    }

    /**
     * A field with every address completed.
     *
     * @param found is told each address as an envelope has it, from the first to the last, if the field is one
     * @return empty where the field is no address list
     */
    Optional<String> completeField(String field, Consumer<String> found) {
        java.util.ArrayDeque<String> addresses = new java.util.ArrayDeque<>();
        String content =
                field.substring(field.indexOf(':') + 1).replace("\r", "").replace("\n", "");
        Optional<String> complete = Lexer.tokens(content)
                .flatMap(tokens -> AddressList.rewritten(tokens, address -> {
                    List<Token> full = names.complete(address);
                    addresses.addFirst(FieldText.address(full));
                    return full;
                }))
                .map(tokens -> FieldText.field(FieldName.name(field), tokens));
        complete.ifPresent(_ -> addresses.forEach(found));
        return complete;
    }
}
