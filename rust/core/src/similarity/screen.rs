//! Which pairs could be good enough: estimates of all scores in a narrow type, block by block, against the least that counts.

use std::ops::Range;

use crate::error::Result;
use crate::matrix::Matrix;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::product::{
    Arithmetic, Corner, Float32, Int8, IntoFloat, Rows, Sides, Visitor, visit_products, visit_tiles,
};
use crate::simd::{Int8Dot, Target};

use super::exact::Score;
use super::narrow::{Estimated, Narrow, Scale};
use super::real::Embedding;
use super::rows::Argument;

/// Two sets of rows, or one with itself, ready to be screened.
pub(crate) struct Screen<'a, E> {
    pub scale: Scale,
    bytes: Option<Int8Dot>,
    x: Narrow<'a, E>,
    y: Option<Narrow<'a, E>>,
}

/// A pair that could be good enough, and the estimate of its score.
#[derive(Clone, Copy)]
pub(crate) struct Hit {
    pub row: u32,
    pub column: u32,
    pub estimate: f32,
}

/// Says what counts, and takes what could.
pub(crate) trait Search: Sync {
    /// Pairs of these rows and columns count if the estimate, plus what it may be wrong, is at least this: one bound for every
    /// row and, where columns search among the rows too, one for every column.
    ///
    /// # Errors
    /// If there is not the memory.
    fn least(&self, rows: Range<usize>, columns: Range<usize>) -> Result<(Vec<f32>, Vec<f32>)>;
    /// Pairs that may count; those above the diagonal, where there is one, are left out.
    ///
    /// # Errors
    /// What the search refuses.
    fn take(&self, hits: &mut Vec<Hit>) -> Result<()>;
}

impl<'a, E: Embedding> Screen<'a, E> {
    /// Looks at every row of `x` and of `y`, or of `x` alone.
    ///
    /// # Errors
    /// Refuses NaN and infinity, and for cosines rows of zeros.
    pub fn new(
        x: Matrix<'a, E>,
        y: Option<Matrix<'a, E>>,
        kind: Score,
        workers: &Workers<'_>,
    ) -> Result<Self> {
        let norms_of = |name, rows| {
            let rows = Argument { name, rows };
            let norms = rows.squared_norms(workers)?;
            if kind == Score::Cosine {
                rows.refuse_zeros(&norms)?;
            }
            Ok(norms)
        };
        let x_norms = norms_of("X", x)?;
        let y = y.map(|y| Ok((y, norms_of("Y", y)?))).transpose()?;
        let (database, norms) = y.as_ref().map_or((x, &x_norms), |(y, norms)| (*y, norms));
        let longest = x_norms
            .iter()
            .chain(norms)
            .copied()
            .fold(0.0, f64::max)
            .sqrt();
        let scale = Scale::new(kind, (database, norms), longest, workers)?;
        let bytes = Int8Dot::detect();
        let narrow = |rows, norms| Narrow::new(rows, norms, &scale, bytes.is_some(), workers);
        let y = y.map(|(rows, norms)| narrow(rows, norms)).transpose()?;
        let x = narrow(x, x_norms)?;
        Ok(Self { scale, bytes, x, y })
    }

    /// The rows that search.
    pub fn queries(&self) -> &Narrow<'a, E> {
        &self.x
    }

    /// The rows that are searched.
    pub fn database(&self) -> &Narrow<'a, E> {
        self.y.as_ref().unwrap_or(&self.x)
    }

    /// The rows that are searched are those that search.
    pub fn is_one(&self) -> bool {
        self.y.is_none()
    }

    /// The score of a pair, exactly.
    #[inline(always)]
    pub fn exact<T: Target>(&self, row: usize, column: usize) -> f64 {
        let (x, y) = (self.queries(), self.database());
        let norms = (x.squared_norms[row], y.squared_norms[column]);
        super::exact::score::<T, E>(self.scale.kind, x.rows.row(row), y.rows.row(column), norms)
    }

    /// No estimate of this pair is further from the truth.
    #[inline(always)]
    pub fn error(&self, row: usize, column: usize) -> f32 {
        let most = self.database().estimated.known[column].alone();
        most.error(&self.queries().estimated.known[row])
    }

    /// Shows `search` what could count: of all pairs, or of those of some tiles.
    ///
    /// # Errors
    /// What the search refuses, or as [`Workers::run`].
    pub fn run(
        &self,
        tiles: Option<&[(Range<usize>, Range<usize>)]>,
        search: &dyn Search,
        workers: &Workers<'_>,
    ) -> Result<()> {
        let visitor = Screening {
            x: &self.queries().estimated,
            y: &self.database().estimated,
            one: self.is_one(),
            search,
        };
        match self.bytes {
            Some(bytes) => visit(Int8(bytes), &self.sides(), tiles, &visitor, workers),
            None => visit(Float32, &self.sides(), tiles, &visitor, workers),
        }
    }

    fn sides<P>(&self) -> Sides<'_, P>
    where
        Narrow<'a, E>: Rows<P>,
    {
        match &self.y {
            Some(y) => Sides::Two(&self.x, y),
            None => Sides::One(&self.x),
        }
    }
}

fn visit<A: Arithmetic<Sum: IntoFloat>>(
    arithmetic: A,
    sides: &Sides<'_, A::Packed>,
    tiles: Option<&[(Range<usize>, Range<usize>)]>,
    visitor: &Screening<'_>,
    workers: &Workers<'_>,
) -> Result<()> {
    match tiles {
        Some(tiles) => visit_tiles(arithmetic, sides, tiles, visitor, workers),
        None => visit_products(arithmetic, sides, visitor, workers),
    }
}

struct Screening<'a> {
    x: &'a Estimated,
    y: &'a Estimated,
    one: bool,
    search: &'a dyn Search,
}

/// What may count in this tile.
struct Tile {
    rows: Range<usize>,
    columns: Range<usize>,
    least_of_rows: Vec<f32>,
    /// With room for a block that hangs over.
    least_of_columns: Vec<f32>,
    hits: Vec<Hit>,
}

/// A tile in which more than this many pairs could count tells of them before it ends.
const HITS: usize = 1 << 15;

impl<Sum: Copy + IntoFloat> Visitor<Sum> for Screening<'_> {
    type Local = Result<Tile>;

    fn begin(&self, rows: Range<usize>, columns: Range<usize>) -> Result<Tile> {
        let (mut least_of_rows, mut least_of_columns) =
            self.search.least(rows.clone(), columns.clone())?;
        let (x, y) = (self.x, self.y);
        let most = y.most(columns.clone());
        for (least, known) in least_of_rows.iter_mut().zip(&x.known[rows.clone()]) {
            *least -= most.error(known) + known.offset;
        }
        let most = x.most(rows.clone());
        for (least, known) in least_of_columns.iter_mut().zip(&y.known[columns.clone()]) {
            *least -= most.error(known) + known.offset;
        }
        least_of_columns.resized(columns.len() + 32, f32::INFINITY)?;
        Ok(Tile {
            rows,
            columns,
            least_of_rows,
            least_of_columns,
            hits: Vec::new(),
        })
    }

    #[inline(always)]
    fn visit<T: Target, const M: usize, const N: usize>(
        &self,
        tile: &mut Result<Tile>,
        corner: Corner,
        sums: &mut [[Sum; N]; M],
    ) {
        let Ok(local) = tile else { return };
        let (x, y) = (self.x, self.y);
        let steps: &[f32; N] = head(&y.steps, corner.column);
        let offsets: &[f32; N] = head(&y.offsets, corner.column);
        let of_columns: &[f32; N] =
            head(&local.least_of_columns, corner.column - local.columns.start);
        for (row, sums) in (corner.row..corner.row + corner.n_rows).zip(sums.iter()) {
            let least = local.least_of_rows[row - local.rows.start];
            let (step, offset) = (x.steps[row], x.offsets[row]);
            let mut products = [0.0_f32; N];
            let mut misses = true;
            // Both, as a branch would keep vectors out.
            #[allow(clippy::needless_bitwise_bool)]
            for n in 0..N {
                products[n] = sums[n].float() * (step * steps[n]);
                misses &=
                    (products[n] + offsets[n] < least) & (products[n] + offset < of_columns[n]);
            }
            if !misses {
                for column in corner.columns(row, self.one) {
                    let n = column - corner.column;
                    let product = products[n];
                    if product + offsets[n] >= least || product + offset >= of_columns[n] {
                        local.hits.push(Hit {
                            row: row as u32,
                            column: column as u32,
                            estimate: product + offsets[n] + offset,
                        });
                    }
                }
            }
        }
        if local.hits.len() > HITS
            && let Err(error) = self.search.take(&mut local.hits)
        {
            *tile = Err(error);
        }
    }

    fn end(&self, tile: Result<Tile>) -> Result<()> {
        self.search.take(&mut tile?.hits)
    }
}

/// The values from `first` on.
#[inline(always)]
fn head<const N: usize>(values: &[f32], first: usize) -> &[f32; N] {
    &values[first..].as_chunks::<N>().0[0]
}
