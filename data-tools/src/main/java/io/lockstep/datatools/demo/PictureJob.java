package io.lockstep.datatools.demo;

import io.lockstep.data.geometry.Geometry;
import java.util.List;
import java.util.function.Function;

/**
 * A picture to paint and write.
 *
 * @param path where it goes, relative to the data folder
 * @param line the record's line, given where the items lie
 */
record PictureJob(String path, Scene scene, Function<List<Geometry>, String> line) {}
