// Who computes what: a square of points, cut into one rectangle a rank.
#pragma once

// From begin up to, not including, end.
struct range {
  int begin;
  int end;
  int size() const { return end - begin; }
};

// The part of one rank: which of the points of the whole square.
struct block {
  range rows;
  range columns;
};

// A grid of ranks, as near to a square as their number allows, over a square of points.
class decomposition {
 public:
  // Throws std::invalid_argument if there are fewer points on a side than ranks, which would leave
  // ranks without points.
  decomposition(int ranks, int points);

  int grid_rows() const { return grid_rows_; }
  int grid_columns() const { return grid_columns_; }
  int points() const { return points_; }
  block block_of(int rank) const;

 private:
  int grid_rows_ = 1;
  int grid_columns_ = 1;
  int points_;
};
