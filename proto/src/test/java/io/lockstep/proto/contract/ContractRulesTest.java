package io.lockstep.proto.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.TextFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule, on a contract of one message, one enum and one service. */
class ContractRulesTest {

  private static final String RELEASED =
      """
      name: "lockstep/t.proto" package: "lockstep.t" syntax: "proto3"
      message_type {
        name: "Ask"
        field { name: "text" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
        field { name: "count" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL }
        field { name: "mode" number: 3 type: TYPE_ENUM type_name: ".lockstep.t.Mode" label: LABEL_OPTIONAL }
        field { name: "a" number: 4 type: TYPE_BOOL label: LABEL_OPTIONAL oneof_index: 0 }
        field { name: "seed" number: 5 type: TYPE_INT64 label: LABEL_OPTIONAL oneof_index: 1 proto3_optional: true }
        oneof_decl { name: "kind" }
        oneof_decl { name: "_seed" }
        reserved_range { start: 8 end: 10 }
        reserved_name: "old"
      }
      message_type { name: "Reply" nested_type { name: "Part" } }
      enum_type {
        name: "Mode"
        value { name: "NONE" number: 0 }
        value { name: "FAST" number: 1 }
        reserved_range { start: 5 end: 5 }
      }
      service {
        name: "Oracle"
        method { name: "Answer" input_type: ".lockstep.t.Ask" output_type: ".lockstep.t.Reply" }
      }
      """;

  private static FileDescriptorSet files(String text) throws TextFormat.ParseException {
    FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder();
    TextFormat.merge(text, file);
    return FileDescriptorSet.newBuilder().addFile(file).build();
  }

  private static List<String> breaches(String present) throws TextFormat.ParseException {
    return ContractRules.breaches(files(RELEASED), files(present), "lockstep.").stream()
        .map(Breach::toString)
        .toList();
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // Fields.
        "name: \"count\" number: 2 type: TYPE_INT32 | name: \"count\" number: 2 type: TYPE_INT64 | lockstep/t.proto: field lockstep.t.Ask.count = 2 has changed its type from int32 to int64: give the new meaning another number and write 'reserved 2;'",
        "type_name: \".lockstep.t.Mode\" | type_name: \".lockstep.t.Node\" | lockstep/t.proto: field lockstep.t.Ask.mode = 3 has changed its type from lockstep.t.Mode to lockstep.t.Node: give the new meaning another number and write 'reserved 3;'",
        "type: TYPE_INT32 label: LABEL_OPTIONAL | type: TYPE_INT32 label: LABEL_REPEATED | lockstep/t.proto: field lockstep.t.Ask.count = 2 has changed its label from singular to repeated: give the new meaning another number and write 'reserved 2;'",
        "oneof_index: 1 proto3_optional: true | `` | lockstep/t.proto: field lockstep.t.Ask.seed = 5 has changed its label from optional to singular: give the new meaning another number and write 'reserved 5;'",
        "name: \"text\" | name: \"words\" | lockstep/t.proto: field lockstep.t.Ask.text = 1 has changed its name from text to words: keep the name, which JSON uses, or if its meaning changes give the new meaning another number and write 'reserved 1;'",
        "label: LABEL_OPTIONAL oneof_index: 0 | label: LABEL_OPTIONAL | lockstep/t.proto: field lockstep.t.Ask.a = 4 has changed its oneof from kind to none: give the new meaning another number and write 'reserved 4;'",
        "name: \"count\" number: 2 | name: \"count\" number: 7 | lockstep/t.proto: field lockstep.t.Ask.count = 2 is gone and can be used again: write 'reserved 2; reserved \"count\";' in its place",
        "field { name: \"text\" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } | reserved_range { start: 1 end: 2 } | lockstep/t.proto: field lockstep.t.Ask.text = 1 is gone and can be used again: write 'reserved 1; reserved \"text\";' in its place",
        "reserved_range { start: 8 end: 10 } | reserved_range { start: 8 end: 9 } | lockstep/t.proto: message lockstep.t.Ask no longer reserves 9: write 'reserved 9;' again: it once had another meaning",
        "reserved_name: \"old\" | `` | lockstep/t.proto: message lockstep.t.Ask no longer reserves \"old\": write 'reserved \"old\";' again: it once had another meaning",
        // Messages.
        "nested_type { name: \"Part\" } | `` | lockstep/t.proto: message lockstep.t.Reply.Part is gone: keep it, or give what takes its place in a new version of the package",
        // Values.
        "name: \"FAST\" | name: \"QUICK\" | lockstep/t.proto: value lockstep.t.Mode.FAST = 1 has changed its name from FAST to QUICK: keep the name, which JSON uses, and give the new value another number",
        "value { name: \"FAST\" number: 1 } | `` | lockstep/t.proto: value lockstep.t.Mode.FAST = 1 is gone and can be used again: write 'reserved 1; reserved \"FAST\";' in its place",
        "reserved_range { start: 5 end: 5 } | `` | lockstep/t.proto: enum lockstep.t.Mode no longer reserves 5: write 'reserved 5;' again: it once had another meaning",
        // Methods.
        "name: \"Answer\" | name: \"Tell\" | lockstep/t.proto: rpc lockstep.t.Oracle.Answer is gone: keep it, or give what takes its place in a new version of the package",
        "output_type: \".lockstep.t.Reply\" | output_type: \".lockstep.t.Reply\" server_streaming: true | lockstep/t.proto: rpc lockstep.t.Oracle.Answer has changed its signature from (lockstep.t.Ask) returns (lockstep.t.Reply) to (lockstep.t.Ask) returns (stream lockstep.t.Reply): keep it, and add a method of another name beside it",
        "input_type: \".lockstep.t.Ask\" | input_type: \".lockstep.t.Reply\" | lockstep/t.proto: rpc lockstep.t.Oracle.Answer has changed its signature from (lockstep.t.Ask) returns (lockstep.t.Reply) to (lockstep.t.Reply) returns (lockstep.t.Reply): keep it, and add a method of another name beside it",
      })
  void isABreach(String released, String present, String told) throws TextFormat.ParseException {
    assertEquals(2, RELEASED.split(Pattern.quote(released), -1).length, released);
    assertEquals(List.of(told), breaches(RELEASED.replace(released, present)));
  }

  @Test
  void whatIsAddedIsNone() throws TextFormat.ParseException {
    String more =
        RELEASED
            .replace(
                "reserved_name: \"old\"",
                "reserved_name: \"old\" reserved_name: \"older\" field { name: \"more\" number: 6 type:"
                    + " TYPE_BYTES label: LABEL_REPEATED oneof_index: 0 }")
            .replace(
                "value { name: \"FAST\"",
                "value { name: \"SLOW\" number: 2 } value { name: \"FAST\"")
            .replace(
                "name: \"Oracle\"",
                "name: \"Oracle\" method { name: \"Tell\" input_type: \".lockstep.t.Ask\" output_type:"
                    + " \".lockstep.t.Ask\" }");
    assertEquals(List.of(), breaches(more));
  }

  @Test
  void whatGoesAndStaysReservedIsNone() throws TextFormat.ParseException {
    String less =
        RELEASED
            .replace(
                "field { name: \"text\" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }",
                "reserved_range { start: 1 end: 2 } reserved_name: \"text\"")
            .replace(
                "value { name: \"FAST\" number: 1 }",
                "reserved_range { start: 1 end: 1 } reserved_name: \"FAST\"");
    assertEquals(List.of(), breaches(less));
  }

  @Test
  void whereAMessageIsDeclaredDoesNotMatter() throws TextFormat.ParseException {
    assertEquals(List.of(), breaches(RELEASED.replace("lockstep/t.proto", "lockstep/u.proto")));
  }

  @Test
  void anotherPackageIsARemovalOfAllThatWasInIt() throws TextFormat.ParseException {
    assertEquals(5, breaches(RELEASED.replace("lockstep.t", "lockstep.u")).size());
  }
}
