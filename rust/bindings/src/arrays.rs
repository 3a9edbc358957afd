//! NumPy arrays as the slices and matrices of the core, without a copy, and back.

use half::slice::HalfBitsSliceExt;
use half::{bf16, f16};
use numpy::ndarray::{Dim, Dimension, IntoDimension};
use numpy::{
    Element as NumpyElement, PyArray, PyArray1, PyArrayDescrMethods, PyArrayMethods,
    PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods,
};
use prefmath_core::{Element, Matrix};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::run::refused;

/// The values of a C-contiguous vector.
pub fn slice<'a, T: NumpyElement>(array: &'a PyReadonlyArray1<'_, T>) -> PyResult<&'a [T]> {
    array
        .as_slice()
        .map_err(|_| PyValueError::new_err("kernels take C-contiguous arrays"))
}

/// The values of an optional vector.
pub fn optional<'a, T: NumpyElement>(
    array: Option<&'a PyReadonlyArray1<'_, T>>,
) -> PyResult<Option<&'a [T]>> {
    array.map(slice).transpose()
}

/// A C-contiguous matrix.
pub fn matrix<'a, T: NumpyElement>(array: &'a PyReadonlyArray2<'_, T>) -> PyResult<Matrix<'a, T>> {
    let (values, n_rows, n_columns) = parts(array)?;
    Matrix::new(values, n_rows, n_columns).map_err(refused)
}

/// Values, rows and columns of a C-contiguous matrix.
fn parts<'a, T: NumpyElement>(
    array: &'a PyReadonlyArray2<'_, T>,
) -> PyResult<(&'a [T], usize, usize)> {
    let values = array
        .as_slice()
        .map_err(|_| PyValueError::new_err("kernels take C-contiguous arrays"))?;
    let &[n_rows, n_columns] = array.shape() else {
        return Err(PyValueError::new_err("kernels take matrices here"));
    };
    Ok((values, n_rows, n_columns))
}

/// Embeddings as they come, without widening them; see [`by_element`].
pub enum Embeddings<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
    F16(PyReadonlyArray2<'py, f16>),
    /// NumPy has no such type of its own: its bits come as uint16.
    Bf16(PyReadonlyArray2<'py, u16>),
    I8(PyReadonlyArray2<'py, i8>),
}

impl<'py> FromPyObject<'_, 'py> for Embeddings<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let Ok(array) = object.cast::<PyUntypedArray>() else {
            let name = object.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "kernels take NumPy arrays, not {name}"
            )));
        };
        if array.ndim() != 2 {
            let n_axes = array.ndim();
            return Err(PyValueError::new_err(format!(
                "kernels take matrices here, not arrays of {n_axes} axes"
            )));
        }
        let dtype = array.dtype();
        let is = |other: Bound<'py, numpy::PyArrayDescr>| dtype.is_equiv_to(&other);
        let py = object.py();
        if is(f32::get_dtype(py)) {
            Ok(Self::F32(object.extract()?))
        } else if is(f64::get_dtype(py)) {
            Ok(Self::F64(object.extract()?))
        } else if is(f16::get_dtype(py)) {
            Ok(Self::F16(object.extract()?))
        } else if is(u16::get_dtype(py)) {
            Ok(Self::Bf16(object.extract()?))
        } else if is(i8::get_dtype(py)) {
            Ok(Self::I8(object.extract()?))
        } else {
            Err(PyTypeError::new_err(format!(
                "kernels take float32, float64, float16, int8 and, for bfloat16, uint16, not {dtype}"
            )))
        }
    }
}

impl Embeddings<'_> {
    /// The matrix, if this is the type of its values; two arguments of one kernel must be of one type.
    pub fn matrix<E: Stored>(&self) -> PyResult<Matrix<'_, E>> {
        E::matrix(self)?.ok_or_else(|| {
            PyTypeError::new_err("kernels take arguments that are both of one type here")
        })
    }
}

/// A type of values that embeddings may have.
pub trait Stored: Element {
    /// The matrix, if these are its values.
    fn matrix<'a>(embeddings: &'a Embeddings<'_>) -> PyResult<Option<Matrix<'a, Self>>>;
}

macro_rules! stored {
    ($type:ty, $variant:ident) => {
        impl Stored for $type {
            fn matrix<'a>(embeddings: &'a Embeddings<'_>) -> PyResult<Option<Matrix<'a, Self>>> {
                match embeddings {
                    Embeddings::$variant(array) => matrix(array).map(Some),
                    _ => Ok(None),
                }
            }
        }
    };
}
stored!(f32, F32);
stored!(f64, F64);
stored!(f16, F16);
stored!(i8, I8);

impl Stored for bf16 {
    fn matrix<'a>(embeddings: &'a Embeddings<'_>) -> PyResult<Option<Matrix<'a, Self>>> {
        let Embeddings::Bf16(array) = embeddings else {
            return Ok(None);
        };
        let (bits, n_rows, n_columns) = parts(array)?;
        let values = bits.reinterpret_cast();
        Matrix::new(values, n_rows, n_columns)
            .map(Some)
            .map_err(refused)
    }
}

/// `by_element!(x, E => body)`: the body, with `E` the type of the values of the [`Embeddings`] `x`.
macro_rules! by_element {
    ($embeddings:expr, $element:ident => $body:expr) => {
        match &$embeddings {
            $crate::arrays::Embeddings::F32(_) => {
                type $element = f32;
                $body
            }
            $crate::arrays::Embeddings::F64(_) => {
                type $element = f64;
                $body
            }
            $crate::arrays::Embeddings::F16(_) => {
                type $element = ::half::f16;
                $body
            }
            $crate::arrays::Embeddings::Bf16(_) => {
                type $element = ::half::bf16;
                $body
            }
            $crate::arrays::Embeddings::I8(_) => {
                type $element = i8;
                $body
            }
        }
    };
}
pub(crate) use by_element;

/// `by_float!(x, E => body)`: the same where whole numbers have no place.
macro_rules! by_float {
    ($features:expr, $element:ident => $body:expr) => {
        match &$features {
            $crate::arrays::Embeddings::F32(_) => {
                type $element = f32;
                $body
            }
            $crate::arrays::Embeddings::F64(_) => {
                type $element = f64;
                $body
            }
            $crate::arrays::Embeddings::F16(_) => {
                type $element = ::half::f16;
                $body
            }
            $crate::arrays::Embeddings::Bf16(_) => {
                type $element = ::half::bf16;
                $body
            }
            $crate::arrays::Embeddings::I8(_) => Err(::pyo3::exceptions::PyTypeError::new_err(
                "kernels take features of float32, float64, float16 and, for bfloat16, uint16, not int8",
            )),
        }
    };
}
pub(crate) use by_float;

/// A vector of the core as an array of the given shape; the values are moved, not copied.
pub fn shaped<T: NumpyElement, const N: usize>(
    py: Python<'_>,
    values: Vec<T>,
    shape: [usize; N],
) -> PyResult<Bound<'_, PyArray<T, Dim<[usize; N]>>>>
where
    Dim<[usize; N]>: Dimension,
    [usize; N]: IntoDimension<Dim = Dim<[usize; N]>>,
{
    PyArray1::from_vec(py, values).reshape(shape)
}
