package io.lockstep.proto.contract;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import io.lockstep.proto.contract.Declarations.Declared;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What may change in a contract once it is released: everything may be added, nothing may change
 * its number, name, type, label or signature, and what goes leaves its number and its name
 * reserved. Names count since the gateway speaks JSON, too. The rules are those of buf's category
 * WIRE_JSON, see https://buf.build/docs/breaking/rules.
 */
final class ContractRules {

  private final Declarations released;
  private final Declarations present;
  private final List<Breach> breaches = new ArrayList<>();

  private ContractRules(Declarations released, Declarations present) {
    this.released = released;
    this.present = present;
  }

  /** What the present files break of the released ones, in packages with a prefix. */
  static List<Breach> breaches(
      FileDescriptorSet released, FileDescriptorSet present, String prefix) {
    ContractRules rules =
        new ContractRules(Declarations.of(released, prefix), Declarations.of(present, prefix));
    rules.compare();
    return rules.breaches;
  }

  private void compare() {
    released
        .messages()
        .forEach((name, old) -> {
          Declared<DescriptorProto> now = present.messages().get(name);
          if (now != null) {
            compareMessages(old.file(), name, old.it(), now.it());
          } else if (!old.it().getOptions().getMapEntry()) {
            removed(old, "message " + name);
          }
        });
    released
        .enums()
        .forEach((name, old) -> {
          Declared<EnumDescriptorProto> now = present.enums().get(name);
          if (now != null) {
            compareEnums(old.file(), name, old.it(), now.it());
          } else {
            removed(old, "enum " + name);
          }
        });
    released
        .methods()
        .forEach((name, old) -> {
          Declared<MethodDescriptorProto> now = present.methods().get(name);
          if (now != null) {
            compareMethods(old.file(), name, old.it(), now.it());
          } else {
            removed(old, "rpc " + name);
          }
        });
  }

  private void removed(Declared<?> old, String element) {
    breach(
        old.file(),
        element,
        "is gone",
        "keep it, or give what takes its place in a new version of the package");
  }

  private void compareMessages(String file, String name, DescriptorProto old, DescriptorProto now) {
    Map<Integer, FieldDescriptorProto> fields =
        now.getFieldList().stream()
            .collect(Collectors.toMap(FieldDescriptorProto::getNumber, Function.identity()));
    for (FieldDescriptorProto field : old.getFieldList()) {
      String element = "field %s.%s = %d".formatted(name, field.getName(), field.getNumber());
      FieldDescriptorProto match = fields.get(field.getNumber());
      if (match != null) {
        compareFields(file, element, new FieldOf(field, old), new FieldOf(match, now));
      } else {
        requireReserved(file, element, field.getNumber(), field.getName(), Reserved.of(now));
      }
    }
    requireStillReserved(file, "message " + name, Reserved.of(old), Reserved.of(now));
  }

  /** A field and the message that has it. */
  private record FieldOf(FieldDescriptorProto field, DescriptorProto message) {

    String type() {
      return field.getTypeName().isEmpty()
          ? field.getType().name().replaceFirst("^TYPE_", "").toLowerCase(Locale.ROOT)
          : field.getTypeName().substring(1);
    }

    /** Whether values are one, many, or can be told from none. */
    String label() {
      return field.getProto3Optional()
          ? "optional"
          : field
              .getLabel()
              .name()
              .replaceFirst("^LABEL_", "")
              .toLowerCase(Locale.ROOT)
              .replace("optional", "singular");
    }

    /** The oneof that it is part of, or null. */
    @Nullable String oneof() {
      return field.hasOneofIndex() && !field.getProto3Optional()
          ? message.getOneofDecl(field.getOneofIndex()).getName()
          : null;
    }
  }

  private void compareFields(String file, String element, FieldOf old, FieldOf now) {
    int number = old.field().getNumber();
    String other = "give the new meaning another number and write 'reserved %d;'".formatted(number);
    if (!old.type().equals(now.type())) {
      changed(file, element, "type", old.type(), now.type(), other);
    }
    if (!old.label().equals(now.label())) {
      changed(file, element, "label", old.label(), now.label(), other);
    }
    if (!old.field().getName().equals(now.field().getName())) {
      changed(
          file,
          element,
          "name",
          old.field().getName(),
          now.field().getName(),
          "keep the name, which JSON uses, or if its meaning changes " + other);
    }
    String before = String.valueOf(old.oneof()).replace("null", "none");
    String after = String.valueOf(now.oneof()).replace("null", "none");
    if (!before.equals(after)) {
      changed(file, element, "oneof", before, after, other);
    }
  }

  private void compareEnums(
      String file, String name, EnumDescriptorProto old, EnumDescriptorProto now) {
    for (EnumValueDescriptorProto value : old.getValueList()) {
      String element = "value %s.%s = %d".formatted(name, value.getName(), value.getNumber());
      List<String> names =
          now.getValueList().stream()
              .filter(each -> each.getNumber() == value.getNumber())
              .map(EnumValueDescriptorProto::getName)
              .toList();
      if (names.isEmpty()) {
        requireReserved(file, element, value.getNumber(), value.getName(), Reserved.of(now));
      } else if (!names.contains(value.getName())) {
        changed(
            file,
            element,
            "name",
            value.getName(),
            names.getFirst(),
            "keep the name, which JSON uses, and give the new value another number");
      }
    }
    requireStillReserved(file, "enum " + name, Reserved.of(old), Reserved.of(now));
  }

  private void compareMethods(
      String file, String name, MethodDescriptorProto old, MethodDescriptorProto now) {
    String before = signature(old);
    String after = signature(now);
    if (!before.equals(after)) {
      changed(
          file,
          "rpc " + name,
          "signature",
          before,
          after,
          "keep it, and add a method of another name beside it");
    }
  }

  private static String signature(MethodDescriptorProto method) {
    return "(%s%s) returns (%s%s)"
        .formatted(
            method.getClientStreaming() ? "stream " : "",
            method.getInputType().substring(1),
            method.getServerStreaming() ? "stream " : "",
            method.getOutputType().substring(1));
  }

  private void requireReserved(String file, String element, int number, String name, Reserved now) {
    if (!now.holds(number) || !now.names().contains(name)) {
      breach(
          file,
          element,
          "is gone and can be used again",
          "write 'reserved %d; reserved \"%s\";' in its place".formatted(number, name));
    }
  }

  private void requireStillReserved(String file, String element, Reserved old, Reserved now) {
    for (Reserved.Span span : old.spans()) {
      now.firstGapIn(span)
          .ifPresent(number -> notReserved(file, element, Integer.toString(number)));
    }
    for (String name : old.names()) {
      if (!now.names().contains(name)) {
        notReserved(file, element, '"' + name + '"');
      }
    }
  }

  private void notReserved(String file, String element, String what) {
    breach(
        file,
        element,
        "no longer reserves " + what,
        "write 'reserved %s;' again: it once had another meaning".formatted(what));
  }

  private void changed(
      String file, String element, String what, String old, String now, String fix) {
    breach(file, element, "has changed its %s from %s to %s".formatted(what, old, now), fix);
  }

  private void breach(String file, String element, String what, String fix) {
    breaches.add(new Breach(file, element, what, fix));
  }
}
